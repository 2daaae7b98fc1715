"""Which decompositions a run was to make while it trained, and which of them it left out. Pure functions."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.synergy.rows import Row
from storage.run import Run


class Schedule(NamedTuple):
    """Decompositions during training, not counting the one at the end: due so far, and made."""

    every: int
    due: int
    made: int


def schedule(run: Run, rows: Sequence[Row]) -> Schedule:
    """As the run's settings had it (`decomposition.every`), against what is stored of it."""
    own = run.settings.get("decomposition", {})
    every = int(own.get("every") or 0) if own.get("enabled", True) else 0
    done = min(run.epoch, run.epochs - 1)
    epochs = {row.epoch for row in rows if row.run_id == run.id and row.encoder == "trained"}
    return Schedule(
        every, done // every if every else 0, len([one for one in epochs if 0 < one < run.epochs])
    )


def skipped_line(runs: Iterable[Run], rows: Sequence[Row]) -> str | None:
    """A sentence on what was left out; None where nothing was, or nothing was due."""
    found = [(run, schedule(run, rows)) for run in runs]
    due, made = sum(one.due for _, one in found), sum(min(one.made, one.due) for _, one in found)
    if made >= due:
        return None
    shares = {
        float(run.settings["decomposition"].get("share", 0.1)) for run, one in found if one.made < one.due
    }
    share = ", ".join(f"{100 * value:g} %" for value in sorted(shares))
    return (
        f"{due - made} of {due} decompositions that were due during training were left out: they would have "
        f"taken more than {share} of its time (decomposition.share), or failed, which the log says."
    )
