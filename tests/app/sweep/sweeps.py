"""Made sweeps for tests: groups of made runs, and a question with a figure for each of them."""

from collections.abc import Callable, Sequence
from typing import Any

from made_runs import make_run

from app.groups.grouping import Group, group_runs
from app.groups.naming import Axis, axes_with
from app.groups.seed_statistics import Measured
from app.sweep.questions import Question
from app.wording.units import BITS

SEEDS = (0, 1, 2)


def made(
    configurations: Sequence[tuple[str, dict[str, Any]]], seeds: Sequence[int] = SEEDS
) -> tuple[list[Group], tuple[Axis, ...]]:
    """A group for each method and settings ("objective__masks": 4), and the study's axes."""
    runs = [
        make_run(1 + place * len(seeds) + number, method, seed, **settings)
        for place, (method, settings) in enumerate(configurations)
        for number, seed in enumerate(seeds)
    ]
    axes = axes_with((), (), runs)
    return group_runs(runs, axes), axes


def question(groups: Sequence[Group], figure: Callable[[dict[str, Any], int], float | None]) -> Question:
    """Bits by settings and seed; None for no figure."""
    found = {
        run.id: value
        for group in groups
        for run in group.runs
        if (value := figure(run.settings, run.seed)) is not None
    }
    values = {run_id: Measured(value, 0.01, 0.01) for run_id, value in found.items()}
    return Question("bits:synergy", "Captured synergy in bits", "captured synergy, bits", BITS, values)
