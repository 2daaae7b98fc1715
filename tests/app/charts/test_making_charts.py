"""What making a chart costs: schema checks are what takes the time, so a chart is checked once, when it is
drawn."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from altair.utils import schemapi

from app.charts.comparison import (
    DIFFERENCES,
    LINES,
    ROWS,
    SEEDS,
    difference_chart,
    score_chart,
)
from app.charts.curves import POINTS, line_chart, quiet_lines
from app.wording.units import PERCENT

METHODS = ["infmasking", "comm"]
MEANS = [("InfMasking", "InfMasking", 2, 75.0, 70.0, 80.0, "75 %", "70 to 80 %", 77.0, "77 %")]


def lines() -> Any:
    points = [(label, step, float(step)) for label in ("one", "other") for step in range(3)]
    return line_chart(
        pl.DataFrame(points, schema=POINTS, orient="row"), quiet_lines(["one", "other"]), "loss"
    )


def scores() -> Any:
    seeds = [("InfMasking", "InfMasking", seed, 74.0 + seed) for seed in range(2)]
    chance = [(50.0, "chance 50.0", "chance")]
    frames = (
        pl.DataFrame(rows, schema=schema, orient="row")
        for rows, schema in ((MEANS, ROWS), (seeds, SEEDS), (chance, LINES))
    )
    return score_chart(*frames, METHODS, "accuracy", PERCENT)


def differences() -> Any:
    rows = [("CoMM", "CoMM", 1.0, 0.0, 2.0, True, "ahead")]
    return difference_chart(pl.DataFrame(rows, schema=DIFFERENCES, orient="row"), ["CoMM"], METHODS, "points")


@pytest.mark.parametrize("make", [lines, scores, differences])
def test_a_chart_is_checked_when_it_is_drawn_and_not_before(
    make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[object] = []
    check = schemapi.validate_jsonschema

    def counted(spec: Any, *args: Any, **named: Any) -> Any:
        if "select" not in spec:  # a selection is small, and gets its name from what it is written as
            checks.append(spec)
        return check(spec, *args, **named)

    monkeypatch.setattr(schemapi, "validate_jsonschema", counted)
    chart = make()
    assert not checks, f"checked while it was made: {checks[:3]}"
    chart.to_dict()
    assert checks


def test_a_wrong_chart_is_still_refused_when_it_is_drawn() -> None:
    chart = lines()
    chart.height = "tall"
    with pytest.raises(schemapi.SchemaValidationError, match="tall"):
        chart.to_dict()
