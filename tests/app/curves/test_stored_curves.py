"""Points of one curve of many runs: what is stored, read again only where it changed."""

import pytest
from conftest import Used

from app.curves import stored
from app.curves.stored import stored_curves
from storage import queries as storage_queries
from storage.points import Point, write_points


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    stored._kept.clear()


def test_only_the_run_that_recorded_is_read_again(used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []
    read = storage_queries.curve_arrays

    def counted(db: object, key: str, run_ids: list[int]) -> object:
        asked.append(list(run_ids))
        return read(used.db, key, run_ids)

    monkeypatch.setattr(storage_queries, "curve_arrays", counted)
    first = stored_curves([1, 2, 3], "train/loss")
    assert first.keys() == {1, 2, 3} and first[2].steps.tolist() == list(range(10, 841, 10))
    stored_curves([1, 2, 3], "train/loss")
    with used.db.write() as connection:
        write_points(connection, 2, [Point("train/loss", 900, 0.25, 10**13)])
    again = stored_curves([1, 2, 3], "train/loss")
    assert again[2].values[-1] == 0.25 and again[1] is first[1]
    assert asked == [[1, 2, 3], [2]]
    assert len(stored._kept) == 3, "the older version is gone"


def test_what_was_not_asked_for_longest_goes_first(used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_KEPT", 84 * 4)
    stored_curves([1, 2, 3], "train/loss")
    stored_curves([1], "train/loss")
    stored_curves([4, 5], "train/loss")
    assert [version.run_id for version in stored._kept] == [3, 1, 4, 5]


def test_a_curve_that_nobody_has(used: Used) -> None:
    assert stored_curves([1, 2], "no/such") == {}
