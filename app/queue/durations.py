"""How long runs take, from what runs of the same kind took on this host. Pure functions, no guess."""

import json
from collections.abc import Mapping, Sequence
from statistics import median

from app.training.cost_facts import cost_facts
from storage.run import ALIVE, Run, live_state

NEWEST = 5
"""Runs of a kind that count, the newest first."""
_kinds: dict[str, str] = {}


def kind_of(run: Run) -> str:
    """The same text for runs that do the same work: all settings but the seed and what changes no cost."""
    if run.digest not in _kinds:  # the digest is of the settings without the seed
        training = run.settings["training"]
        rest = [training.get("epochs"), training.get("patience"), run.settings.get("probe")]
        _kinds[run.digest] = json.dumps([cost_facts(run.settings), rest], sort_keys=True)
    return _kinds[run.digest]


def seconds_by_kind(runs: Sequence[Run], host: str, now: int) -> dict[str, float]:
    """Kind → seconds of a whole run: the median of the newest that finished on this host without a break;
    while none has, what those at work will take at the speed seen so far. runs: newest first; now: UTC ms."""
    finished: dict[str, list[float]] = {}
    working: dict[str, list[float]] = {}
    for run in runs:
        if run.host != host or run.started_at is None or run.attempts > 1:
            continue
        if run.status == "finished" and run.ended_at is not None:
            finished.setdefault(kind_of(run), []).append((run.ended_at - run.started_at) / 1000)
        elif live_state(run, now) in ALIVE and run.step and run.steps and run.progressed_at:
            seconds = (run.progressed_at - run.started_at) / 1000 * run.steps / run.step
            working.setdefault(kind_of(run), []).append(seconds)
    return {kind: median(took[:NEWEST]) for kind, took in (working | finished).items()}


def seconds_left(run: Run, by_kind: Mapping[str, float], now: int) -> float | None:
    """Seconds that a waiting run, or one at work, still takes; None while nothing tells.

    A run that was resumed has left what it had not trained; the time that it worked before is not known.
    """
    whole = by_kind.get(kind_of(run))
    if whole is None:
        return None
    if run.started_at is not None and run.attempts == 1:
        return max(0.0, whole - (now - run.started_at) / 1000)
    share = run.step / run.steps if run.steps else 0.0
    return whole * (1.0 - min(share, 1.0))
