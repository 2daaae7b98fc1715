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
    options = DecompositionSettings(enabled=stored.get("enabled", True), every=stored.get("every") or 0)
    period = options.period(run.epochs)
    if not period:
        return Schedule((), ())
    epochs = {row.epoch for row in rows if row.run_id == run.id and row.encoder == "trained"}
    due = tuple(range(period, min(run.epoch, run.epochs - 1) + 1, period))
    made = {epoch // period * period for epoch in epochs if 0 < epoch < run.epochs}
    return Schedule(due, tuple(epoch for epoch in due if epoch not in made))


def skipped_line(runs: Iterable[Run], rows: Sequence[Row]) -> str | None:
    """A sentence on what was left out; None where nothing was, or nothing was due."""
    schedules = [(run, schedule(run, rows)) for run in runs]
    short = [(run, plan) for run, plan in schedules if plan.left_out]
    if not short:
        return None
    due, left = sum(len(plan.due) for _, plan in schedules), sum(len(plan.left_out) for _, plan in short)
    shares = {float(run.settings["decomposition"].get("share", 0.1)) for run, _ in short}
    share = ", ".join(f"{100 * value:g} %" for value in sorted(shares))
    epochs = show_seeds(sorted({epoch for _, plan in short for epoch in plan.left_out}))
    return (
        f"{left} of {due} decompositions that were due during training were left out (after epochs {epochs}, "
        f"in {show_count(len(short), 'run')} of {len(schedules)}): they would have taken more than {share} "
        "of its time (decomposition.share), or failed, which the log says."
    )
