"""Studies: a question, and the runs that answer it: create, read, label, and which runs belong to one.

Every run is started in one study, its home; other studies may take it in as a guest. Both are its members.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from storage.clock import now_ms
from storage.database import Database, DatabaseError
from storage.models import runs, studies, study_guests


class NoSuchStudy(DatabaseError):
    """There is no study of that number or name."""


class NameTaken(DatabaseError):
    """Another study has that name."""


@dataclass(frozen=True)
class Study:
    """A study as stored. Times are UTC milliseconds.

    plan: what it is to run, None where its runs were gathered by hand. axes: the settings that name its runs,
    in the app's form. archived_at, trashed_at: None unless it is. uid names it in every studio.
    """

    id: int
    name: str
    question: str
    plan: dict[str, Any] | None
    axes: list[Any]
    note: str
    tags: tuple[str, ...]
    created_at: int
    archived_at: int | None
    trashed_at: int | None
    uid: str = ""


def create_study(
    db: Database,
    name: str,
    *,
    question: str = "",
    plan: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
) -> int:
    """A new study without runs. Raises NameTaken."""
    with db.write() as connection:
        check_free(connection, name)
        return _insert(connection, name, question=question, plan=plan, tags=list(tags))


def home_study(connection: Connection, name: str) -> int:
    """The number of the study of that name, which is made where there is none."""
    there = select(studies.c.id).where(studies.c.name == name, studies.c.trashed_at.is_(None))
    number = connection.execute(there).scalar_one_or_none()
    return _insert(connection, name) if number is None else int(number)


def get_study(db: Database, study: int | str) -> Study:
    """The study of that number, in the trash or not, or of that name, outside the trash. Raises
    NoSuchStudy."""
    query = select(studies)
    if isinstance(study, int):
        query = query.where(studies.c.id == study)
    else:
        query = query.where(studies.c.name == study, studies.c.trashed_at.is_(None))
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchStudy(f"no study {study}" if isinstance(study, int) else f"no study '{study}'")
    return study_from(row)


def list_studies(db: Database, *, trashed: bool = False) -> list[Study]:
    """Studies, the newest first: those not in the trash, archived ones among them, or those in it."""
    wanted = studies.c.trashed_at.is_not(None) if trashed else studies.c.trashed_at.is_(None)
    with db.read() as connection:
        return [
            study_from(row)
            for row in connection.execute(select(studies).where(wanted).order_by(studies.c.id.desc()))
        ]


def members(db: Database, study_id: int) -> list[int]:
    """Numbers of the runs that belong to a study, ascending, but for those in the trash."""
    return members_of_all(db, [study_id]).get(study_id, [])


def members_of_all(db: Database, study_ids: Iterable[int] | None = None) -> dict[int, list[int]]:
    """Study → numbers of its runs, ascending, for these studies or all; no entry for one without runs."""
    there = (runs.c.status != "deleted") & runs.c.trashed_at.is_(None)
    home = select(runs.c.study_id, runs.c.id).where(there)
    guests = (
        select(study_guests.c.study_id, runs.c.id).join(runs, runs.c.id == study_guests.c.run_id).where(there)
    )
    if study_ids is not None:
        wanted = list(study_ids)
        home = home.where(runs.c.study_id.in_(wanted))
        guests = guests.where(study_guests.c.study_id.in_(wanted))
    belonging: dict[int, list[int]] = {}
    with db.read() as connection:
        for study_id, run_id in sorted(
            {tuple(row) for query in (home, guests) for row in connection.execute(query)}
        ):
            belonging.setdefault(study_id, []).append(run_id)
    return belonging


def take_in(db: Database, study_id: int, run_ids: Sequence[int]) -> None:
    """Make runs of other studies guests of this one; who belongs to it already stays as it is.

    Raises NoSuchStudy, and DatabaseError when a run is not there.
    """
    now = now_ms()
    with db.write() as connection:
        check_there(connection, study_id)
        homes = select(runs.c.id, runs.c.study_id).where(
            runs.c.id.in_(list(run_ids)), runs.c.status != "deleted"
        )
        home_of = {row.id: row.study_id for row in connection.execute(homes)}
        missing = [number for number in run_ids if number not in home_of]
        if missing:
            raise DatabaseError(f"no run {', '.join(map(str, missing))}")
        there = select(study_guests.c.run_id).where(study_guests.c.study_id == study_id)
        already = set(connection.execute(there).scalars())
        new = [n for n in dict.fromkeys(run_ids) if n not in already and home_of[n] != study_id]
        if new:
            connection.execute(
                insert(study_guests), [{"study_id": study_id, "run_id": n, "added_at": now} for n in new]
            )


def send_away(db: Database, study_id: int, run_ids: Sequence[int]) -> None:
    """Guests leave the study; runs whose home it is stay."""
    gone = (study_guests.c.study_id == study_id) & study_guests.c.run_id.in_(list(run_ids))
    with db.write() as connection:
        connection.execute(delete(study_guests).where(gone))


def change_study(db: Database, study_id: int, **changes: Any) -> None:
    """Set any of name, question, plan, axes, note, tags, archived_at. Raises NoSuchStudy, NameTaken."""
    unknown = changes.keys() - {"name", "question", "plan", "axes", "note", "tags", "archived_at"}
    if unknown:
        raise TypeError(f"a study has no {', '.join(sorted(unknown))} to change")
    if "tags" in changes:
        changes["tags"] = [tag for tag in dict.fromkeys(map(str.strip, changes["tags"])) if tag]
    with db.write() as connection:
        check_there(connection, study_id)
        if "name" in changes:
            check_free(connection, changes["name"], but=study_id)
        connection.execute(update(studies).where(studies.c.id == study_id).values(changes))


def free_name(connection: Connection, wanted: str) -> str:
    """The name, with the first number behind it that makes it one of its own where it is taken."""
    names = select(studies.c.name).where(studies.c.trashed_at.is_(None))
    taken = set(connection.execute(names).scalars())
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name


def _insert(connection: Connection, name: str, **columns: Any) -> int:
    row = insert(studies).values(name=name, created_at=now_ms(), **columns).returning(studies.c.id)
    return int(connection.execute(row).scalar_one())


def check_there(connection: Connection, study_id: int) -> None:
    """Raises NoSuchStudy."""
    if not connection.execute(select(exists().where(studies.c.id == study_id))).scalar_one():
        raise NoSuchStudy(f"no study {study_id}")


def check_free(connection: Connection, name: str, but: int | None = None) -> None:
    """Whether a study may be called so; raises NameTaken. but: the study that is to be renamed."""
    if not name.strip():
        raise NameTaken("a study needs a name")
    query = select(func.count()).where(
        studies.c.name == name, studies.c.trashed_at.is_(None), studies.c.id != (but or 0)
    )
    if connection.execute(query.select_from(studies)).scalar_one():
        raise NameTaken(f"there is a study '{name}' already; choose another name")


def study_from(row: Row[Any]) -> Study:
    """The Study of a row of its table."""
    columns = dict(row._mapping)
    columns["tags"] = tuple(columns["tags"])
    return Study(**columns)
