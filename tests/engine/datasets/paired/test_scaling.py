"""Features are centred and scaled in float64, each column by its own figures, whatever type and offset they
have."""

import numpy as np
import pytest

from engine.datasets.paired.scaling import apply_scaling, fit_scaling

DICE = np.random.default_rng(0)
A = DICE.standard_normal((600, 4))
TRAIN = np.arange(400)
EXPECTED = (A - A[TRAIN].mean(0)) / A[TRAIN].std(0)
WHOLE = (1000 * A).astype(np.int64)


def scaled(values, valid=None, rows=TRAIN):
    return apply_scaling(values, fit_scaling(values, valid, rows))


@pytest.mark.parametrize(
    ("values", "within"),
    [
        (A, 1e-6),
        (A + 1e8, 1e-6),
        (A + 1.7e9, 1e-6),
        (101325 + 0.002 * A, 1e-6),
        (((1.7e9 + 30 * A) * 1e9).astype(np.int64), 1e-6),
        (A * 1e-200, 1e-6),
        (A * 1e300, 1e-6),
        (A.astype(np.float32), 1e-6),
        (A.astype(np.float16), 2e-3),
        (WHOLE + 2**62, 2e-3),
        (WHOLE - (2**63 - 6000), 2e-3),
        ((WHOLE + 5000).astype(np.uint64) + np.uint64(2**63), 2e-3),
        (A * [1e-12, 1.0, 1e12, 1e6] + [0, 1e9, 0, 1e6], 1e-6),
    ],
)
def test_offset_scale_and_type_do_not_matter(values, within):
    result = scaled(values)
    assert result.dtype == np.float32
    assert np.abs(result - EXPECTED).max() < within


def test_a_column_that_never_varies_in_training_is_zero_everywhere():
    values = np.array([[1e6, 0.0, 0.1]] * 5 + [[1e6 + 3, 2.0, 0.1]], np.float32)
    values[:2, 1] = 1.0
    result = scaled(values, rows=np.arange(5))
    assert result[:, 0].tolist() == [0.0] * 6 and result[:, 2].tolist() == [0.0] * 6
    assert result[:5, 1].std() == pytest.approx(1.0)


def test_valid_steps_alone_decide():
    values = DICE.standard_normal((50, 7, 3)) + 5
    valid = np.arange(7) < DICE.integers(1, 8, 50)[:, None]
    values[~valid] = 1e9
    result = scaled(values, valid, np.arange(50))
    assert np.abs(result[valid].mean(0)).max() < 1e-6
    assert result[valid].std(0) == pytest.approx([1.0] * 3, abs=1e-6)
