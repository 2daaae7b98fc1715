"""The parts of the device check, in order, with the time each may take; a part runs in a process of its
own."""

import importlib
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from machine import Setup, prepare
from outcomes import Outcome, write_line

Cases = Mapping[str, Callable[[], Outcome]]


class Part(NamedTuple):
    """module: its file here, with `cases(setup, *arguments)`; seconds: its budget; checks: whether what it
    leaves undone is a failure."""

    module: str
    arguments: tuple[str, ...]
    seconds: float
    checks: bool


PARTS = {
    "agreement": Part("agreement", (), 60, True),
    "training": Part("running", (), 60, True),
    "decomposition": Part("decomposition", (), 60, True),
    "trifeature": Part("steps", ("trifeature", "eager"), 50, False),
    "mm-imdb": Part("steps", ("mm-imdb", "eager"), 60, False),
    "trifeature compiled": Part("steps", ("trifeature", "compiled"), 80, False),
    "mm-imdb compiled": Part("steps", ("mm-imdb", "compiled"), 90, False),
}
"""Together 460 seconds; `make gpu` ends within 8 minutes."""


def run_part(name: str, setup: Setup, report: Path, seconds: float) -> None:
    """Go through a part's cases while there is time; a case that fails does not keep the others from
    running."""
    end = time.monotonic() + seconds
    part = PARTS[name]
    prepare(setup)
    cases: Cases = importlib.import_module(part.module).cases(setup, *part.arguments)
    write_line(report, {"planned": list(cases)})
    for case, work in cases.items():
        if time.monotonic() > end:
            return
        try:
            outcome = work()
        except Exception as error:
            traceback.print_exc()
            first_line = [*str(error).strip().splitlines(), ""][0][:200]
            outcome = Outcome("FAILED", f"{type(error).__name__}: {first_line}")
        write_line(report, {"case": case, "outcome": asdict(outcome)})
