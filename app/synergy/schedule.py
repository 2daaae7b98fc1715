"""Which decompositions a run was to make while it trained, and which of them it left out. Pure functions."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.synergy.rows import Row
from app.wording.figures import show_count
from app.wording.names import show_seeds
from engine.settings.decomposition import DecompositionSettings
from storage.run import Run


class Schedule(NamedTuple):
    """Decompositions during training, not counting the one at the end. due: epochs so far after which there
    was to be one; left_out: those of them that were not made up for before the next was due."""

    due: tuple[int, ...]
    left_out: tuple[int, ...]


def schedule(run: Run, rows: Sequence[Row]) -> Schedule:
    """As the run's settings had it (`decomposition.every`), against what is stored of it."""
    stored = run.settings.get("decomposition", {})
    if "every" not in stored:
        return Schedule((), ())
    own = DecompositionSettings(enabled=stored.get("enabled", True), every=stored["every"])
    period = own.period(run.epochs)
    if not period:
        return Schedule((), ())
    epochs = {row.epoch for row in rows if row.run_id == run.id and row.encoder == "trained"}
    due = tuple(range(period, min(run.epoch, run.epochs - 1) + 1, period))
    made = {epoch // period * period for epoch in epochs if 0 < epoch < run.epochs}
    return Schedule(due, tuple(epoch for epoch in due if epoch not in made))


def skipped_line(runs: Iterable[Run], rows: Sequence[Row]) -> str | None:
    """A sentence on what was left out; None where nothing was, or nothing was due."""
    found = [(run, schedule(run, rows)) for run in runs]
    short = [(run, one) for run, one in found if one.left_out]
    if not short:
        return None
    due, left = sum(len(one.due) for _, one in found), sum(len(one.left_out) for _, one in short)
    shares = {float(run.settings["decomposition"].get("share", 0.1)) for run, _ in short}
    share = ", ".join(f"{100 * value:g} %" for value in sorted(shares))
    epochs = show_seeds(sorted({epoch for _, one in short for epoch in one.left_out}))
    return (
        f"{left} of {due} decompositions that were due during training were left out (after epochs {epochs}, "
        f"in {show_count(len(short), 'run')} of {len(found)}): they would have taken more than {share} of "
        "its time (decomposition.share), or failed, which the log says."
    )
