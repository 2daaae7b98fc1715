"""How far the runs of a comparison are, and how long the rest will take at the speed seen so far. Pure
functions."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from app.wording.figures import show_count, show_duration
from storage.run import ALIVE, LiveState, Run, live_state

ORDER: Mapping[LiveState, str] = {
    "finished": "finished",
    "running": "running",
    "starting": "starting",
    "stopping": "stopping",
    "queued": "waiting",
    "stale": "silent",
    "stopped": "stopped",
    "lost": "lost",
    "failed": "failed",
}


class Progress(NamedTuple):
    """share: done of all the work, 0 to 1; left: seconds, None where nothing tells yet; active: something
    runs or waits."""

    share: float
    left: float | None
    active: bool
    counts: dict[LiveState, int]

    def words(self) -> str:
        """ "4 of 9 runs finished · 2 running · 3 waiting · about 2 min left"."""
        total = sum(self.counts.values())
        parts = [f"{self.counts.get('finished', 0)} of {show_count(total, 'run')} finished"]
        parts += [
            f"{self.counts[state]} {word}"
            for state, word in ORDER.items()
            if state != "finished" and self.counts.get(state)
        ]
        if self.active:
            parts.append(
                "time left not known yet" if self.left is None else f"about {show_duration(self.left)} left"
            )
        return " · ".join(parts)


def progress(runs: Sequence[Run], now: int) -> Progress:
    """Progress of these runs at `now` (UTC ms)."""
    states = {run.id: live_state(run, now) for run in runs}
    counts: dict[LiveState, int] = {}
    for state in states.values():
        counts[state] = counts.get(state, 0) + 1
    waiting = [run for run in runs if states[run.id] == "queued"]
    working = [run for run in runs if states[run.id] in ALIVE]
    ended = len(runs) - len(waiting) - len(working)
    share = (ended + sum(run.step / run.steps for run in working if run.steps)) / max(len(runs), 1)
    return Progress(share, _left(runs, waiting, working, now), bool(waiting or working), counts)


def _left(runs: Sequence[Run], waiting: Sequence[Run], working: Sequence[Run], now: int) -> float | None:
    """What is left of the runs at work, plus a whole run for each that waits, shared by as many as are at
    work."""
    whole = {run.id: seconds for run in runs if (seconds := _whole_run(run, now)) is not None}
    if not whole or not (waiting or working):
        return None
    by_method = {
        run.method: [whole[other.id] for other in runs if other.method == run.method and other.id in whole]
        for run in runs
    }
    expected = {run.id: median(by_method[run.method] or list(whole.values())) for run in runs}
    rest = [max(0.0, expected[run.id] - _worked(run, now)) for run in working]
    work = sum(rest) + sum(expected[run.id] for run in waiting)
    return max([work / max(len(working), 1), *rest])


def _worked(run: Run, now: int) -> float:
    return 0.0 if run.started_at is None else ((run.ended_at or now) - run.started_at) / 1000


def _whole_run(run: Run, now: int) -> float | None:
    """Seconds a run takes: as it took, or at its speed until its last sign of progress; None for one that was
    resumed."""
    if run.started_at is None or run.attempts > 1:
        return None
    if run.status == "finished":
        return _worked(run, now)
    if run.status == "running" and run.step and run.progressed_at:
        return (run.progressed_at - run.started_at) / 1000 * run.steps / run.step
    return None
