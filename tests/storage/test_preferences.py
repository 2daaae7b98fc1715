"""What was chosen once for the whole studio."""

import pytest

from storage.database import Database
from storage.preferences import get_preference, set_preference


@pytest.mark.parametrize("value", [False, 0, "", [], ["json://host"], {"days": 3}, "ünï"])
def test_a_choice_is_kept_and_taken_back(db: Database, value: object) -> None:
    assert get_preference(db, "name") is None and get_preference(db, "name", 7) == 7
    set_preference(db, "name", "before")
    set_preference(db, "name", value)
    again = Database.at(db.file.parent)
    assert get_preference(again, "name", 7) == value
    again.close()
    assert get_preference(db, "other", 7) == 7
    set_preference(db, "name", None)
    assert get_preference(db, "name", 7) == 7
