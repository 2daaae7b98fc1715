"""Starting a study: it, its plan and the runs that it lacks are stored in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select, update

from storage.database import Database
from storage.models import runs, studies, study_guests
from storage.runs import NewRun, insert_runs
from storage.studies import check_free, check_there, home_study


class Started(NamedTuple):
    """A study, the numbers of the runs that were queued for it, and of those that it had already."""

    study: int
    started: tuple[int, ...]
    there: tuple[int, ...]


def start_missing(
    db: Database,
    study: int | str,
    new: Sequence[NewRun],
    *,
    fresh: bool = False,
    question: str | None = None,
    plan: Mapping[str, Any] | None = None,
) -> Started:
    """Queue those of the runs that the study lacks: a run with the same digest and seed is there already,
    however it stands.

    study: number or name; one of that name is made where there is none. fresh: there must be none. question,
    plan: become the study's where they are given. Raises NoSuchStudy, NameTaken.
    """
    with db.write() as connection:
        if isinstance(study, int):
            check_there(connection, study)
            number = study
        else:
            if fresh:
                check_free(connection, study)
            number = home_study(connection, study)
        changes = {"question": question, "plan": None if plan is None else dict(plan)}
        given = {name: value for name, value in changes.items() if value is not None}
        if given:
            connection.execute(update(studies).where(studies.c.id == number).values(given))
        known = _there(connection, number)
        missing = [replace(one, study=number) for one in new if (one.digest, one.seed) not in known]
        there = [known[one.digest, one.seed] for one in new if (one.digest, one.seed) in known]
        return Started(number, tuple(insert_runs(connection, missing)), tuple(there))


def _there(connection: Connection, study: int) -> dict[tuple[str, int], int]:
    """(digest, seed) → number of the study's newest such run, guests among them."""
    guests = select(study_guests.c.run_id).where(study_guests.c.study_id == study)
    query = (
        select(runs.c.digest, runs.c.seed, runs.c.id)
        .where(or_(runs.c.study_id == study, runs.c.id.in_(guests)))
        .where(runs.c.status != "deleted", runs.c.trashed_at.is_(None))
        .order_by(runs.c.id)
    )
    return {(digest, seed): number for digest, seed, number in connection.execute(query)}
