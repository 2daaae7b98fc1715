"""A row that dwarfs all others is pointed at, with row, value and distance; heavy tails and rare flags are
not."""

import numpy as np
import pytest

from engine.datasets.paired.outliers import far_values, told
from engine.datasets.paired.scaling import apply_scaling, fit_scaling

DICE = np.random.default_rng(1)


def found(values):
    return far_values(values, apply_scaling(values, fit_scaling(values, None, np.arange(len(values)))))


@pytest.mark.parametrize("n", [60, 1200])
@pytest.mark.parametrize("value", [999.0, -1e9])
def test_a_sentinel_is_found(n, value):
    values = DICE.standard_normal((n, 6))
    values[7, 2] = value
    (one,) = found(values)
    assert (one.column, one.row, one.value, one.rows) == (2, 7, value, 1)
    rest = np.delete(values[:, 2], 7)
    assert one.distance == pytest.approx(abs(value - rest.mean()) / rest.std())
    assert f"holds {value:g} in row 7 (counted from 0), column 2" in told("z1", [one])[0]


def test_a_whole_row_of_sentinels_and_several_rows():
    values = DICE.standard_normal((1200, 8)) + 1e6
    values[[3, 4, 900]] = 0.0
    seen = found(values)
    assert len(seen) == 8 and {one.row for one in seen} == {3} and {one.rows for one in seen} == {3}
    lines = told("z1", seen)
    assert len(lines) == 4 and "2 more rows are as far" in lines[0] and "5 more columns" in lines[3]


def test_a_step_of_a_sequence_is_found():
    values = DICE.standard_normal((200, 5, 3))
    values[11, 4, 1] = 777.0
    (one,) = found(values)
    assert (one.column, one.row, one.value) == (1, 11, 777.0)


@pytest.mark.parametrize(
    "values",
    [
        DICE.standard_normal((500, 5)),
        DICE.standard_t(3, (2000, 5)),
        DICE.exponential(1, (2000, 5)) ** 2,
        (DICE.random((1000, 5)) < 0.002).astype(float),
        np.vstack([DICE.standard_normal((900, 2)), DICE.standard_normal((100, 2)) + 1e4]),
    ],
    ids=["normal", "heavy tails", "skewed", "rare flags", "a tenth of all rows"],
)
def test_ordinary_columns_are_left_alone(values):
    assert found(values) == []
