"""What of the queue is paused: all of it, a study, or a device. What works already goes on.

A pause is named by its scope: "all", "study:7", "device:cuda:0" or "device:cpu".
"""

import re
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, literal, select
from sqlalchemy.types import Text

from storage.clock import now_ms
from storage.database import Database, DatabaseError, insert_missing
from storage.models import jobs, queue_pauses, runs

ALL = "all"
_SCOPE = re.compile(r"all|study:[0-9]{1,15}|device:(cpu|cuda:[0-9]{1,4})")


class Pause(NamedTuple):
    """since: UTC milliseconds."""

    scope: str
    since: int


class NoSuchScope(DatabaseError):
    """What was to be paused is not a part of the queue."""


def study_scope(study_id: int) -> str:
    """The scope of a study's runs."""
    return f"study:{study_id}"


def device_scope(device: str) -> str:
    """The scope of one device, "cuda:0" or "cpu"."""
    return f"device:{device}"


def device_scopes(device: str) -> list[str]:
    """The scopes that a place touches: "cuda:0,1" is two devices, "cpu:4" (four cores) is one."""
    kind, _, numbers = device.partition(":")
    if kind == "cuda" and numbers:
        return [device_scope(f"cuda:{number}") for number in numbers.split(",")]
    return [device_scope(kind)]


def pause(db: Database, scope: str) -> bool:
    """Nothing of that scope is started until `resume`; False when it was paused already. Raises
    NoSuchScope."""
    if not _SCOPE.fullmatch(scope):
        raise NoSuchScope(
            f"{scope[:80]!r} cannot be paused; only all, a study, or a device such as cuda:0 or cpu"
        )
    with db.write() as connection:
        row = insert_missing(queue_pauses).values(scope=scope, since=now_ms())
        return connection.execute(row).rowcount == 1


def resume(db: Database, scope: str) -> bool:
    """Take a pause back; False when there was none."""
    with db.write() as connection:
        return connection.execute(delete(queue_pauses).where(queue_pauses.c.scope == scope)).rowcount == 1


def list_pauses(db: Database) -> list[Pause]:
    """All pauses, the oldest first."""
    with db.read() as connection:
        rows = connection.execute(select(queue_pauses).order_by(queue_pauses.c.since, queue_pauses.c.scope))
        return [Pause(*row) for row in rows]


def paused_devices(db: Database) -> set[str]:
    """Devices on which nothing is started: "cuda:0", "cpu"."""
    found = [one.scope for one in list_pauses(db)]
    return {scope.removeprefix("device:") for scope in found if scope.startswith("device:")}


def is_not_paused() -> ColumnElement[bool]:
    """Of a job: neither the queue nor the study that its run was started in is paused."""
    study = literal("study:", Text) + runs.c.study_id.cast(Text)
    of_study = select(queue_pauses.c.scope).join(runs, queue_pauses.c.scope == study)
    return and_(
        ~exists().where(queue_pauses.c.scope == ALL),
        ~of_study.where(runs.c.id == jobs.c.run_id).correlate(jobs).exists(),
    )


def is_device_paused(connection: Connection, device: str) -> bool:
    """Whether any device of a place, "cuda:0,1" or "cpu:4", is paused."""
    touched = queue_pauses.c.scope.in_(device_scopes(device))
    return bool(connection.execute(select(exists().where(touched))).scalar_one())
