"""Features brought to mean 0 and deviation 1, by statistics of the training rows."""

import numpy as np
from numpy.typing import NDArray

NEVER_VARIES = 1e-7
"""A standard deviation below this share of the mean is rounding."""


def standardise(
    values: NDArray[np.float32], valid: NDArray[np.bool_] | None, fitted_on: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(x − mean) / standard deviation of each feature over the valid steps of the rows `fitted_on`.

    values (n, d) or (n, t, d), valid (n, t) or None. A feature that never varies there is only centred.
    """
    fitted = values[fitted_on] if valid is None else values[fitted_on][valid[fitted_on]]
    fitted = fitted.reshape(-1, values.shape[-1])
    mean = fitted.mean(axis=0, dtype=np.float64)
    deviation = fitted.std(axis=0, dtype=np.float64)
    deviation[deviation <= NEVER_VARIES * np.abs(mean)] = 1.0
    scaled: NDArray[np.float32] = (values - mean.astype(np.float32)) / deviation.astype(np.float32)
    return scaled
