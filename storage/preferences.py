"""What the users of a studio chose once for all of it: named values that fit into JSON."""

from typing import Any

from sqlalchemy import delete, select

from storage.database import Database, upsert
from storage.models import preferences


def get_preference(db: Database, name: str, default: Any = None) -> Any:
    """The value of a preference, or the default where nobody chose one."""
    with db.read() as connection:
        row = connection.execute(select(preferences.c.value).where(preferences.c.name == name)).one_or_none()
    return default if row is None else row.value


def set_preference(db: Database, name: str, value: Any) -> None:
    """Choose a value; None goes back to the default."""
    with db.write() as connection:
        if value is None:
            connection.execute(delete(preferences).where(preferences.c.name == name))
        else:
            connection.execute(upsert(preferences).values(name=name, value=value))
