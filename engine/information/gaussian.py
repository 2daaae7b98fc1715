"""Partial information decomposition of jointly Gaussian variables with a scalar target, in closed form.

Barrett 2015 (arXiv 1411.2832): for a scalar target the union information is the larger single information, so
that R = min(I1, I2), U_k = I_k − R, S = I12 − max(I1, I2), with I(X;Y) = ½ log2(det C_x · det C_y / det
C_xy).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.results import InformationError, TableDecomposition

Array = NDArray[np.float64]


def decompose_gaussian(covariance: ArrayLike, d1: int, d2: int) -> TableDecomposition:
    """Decomposition in bits from the joint covariance (d1 + d2 + 1, d1 + d2 + 1), in the order X1, X2, Y.

    `entropy` is the target's differential entropy, which may be negative. Raises `InformationError` where the
    matrix is no covariance of that size, or the target is not scalar.

    >>> found = decompose_gaussian([[2, 1, 1], [1, 2, 1], [1, 1, 1]], 1, 1)
    >>> round(found.redundancy, 6), round(found.synergy, 6)
    (0.5, 0.292481)
    """
    matrix = _checked(covariance, d1, d2)
    sources = list(range(d1 + d2))
    sources1, sources2 = sources[:d1], sources[d1:]
    information1, information2, information = (
        _information(matrix, chosen) for chosen in (sources1, sources2, sources)
    )
    union = max(information1, information2)
    return TableDecomposition(
        redundancy=min(information1, information2),
        unique1=union - information2,
        unique2=union - information1,
        synergy=max(information - union, 0.0),
        information1=information1,
        information2=information2,
        information=max(information, union),
        entropy=0.5 * float(np.log2(2 * np.pi * np.e * matrix[-1, -1])),
        union_low=union,
        union_high=union,
        iterations=0,
        converged=True,
    )


def _information(matrix: Array, chosen: list[int]) -> float:
    """½ log2 of Var(Y) over the variance of Y that `chosen` leaves; det C_xy / det C_x is that variance."""
    target = len(matrix) - 1
    _, joint = np.linalg.slogdet(matrix[np.ix_([*chosen, target], [*chosen, target])])
    _, alone = np.linalg.slogdet(matrix[np.ix_(chosen, chosen)])
    return max(0.5 * float(np.log(matrix[target, target]) + alone - joint) / float(np.log(2.0)), 0.0)


def _checked(covariance: ArrayLike, d1: int, d2: int) -> Array:
    matrix = np.asarray(covariance, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InformationError(
            f"the covariance has shape {' × '.join(map(str, matrix.shape))}; it must be square"
        )
    if d1 < 1 or d2 < 1:
        raise InformationError(f"the sources have {d1} and {d2} dimensions; each needs at least one")
    if len(matrix) != d1 + d2 + 1:
        raise InformationError(
            f"the covariance has {len(matrix)} rows; {d1} + {d2} + 1 are needed, for the closed form holds "
            "for a scalar target"
        )
    if not np.isfinite(matrix).all():
        raise InformationError("the covariance holds values that are no finite numbers")
    if not np.allclose(matrix, matrix.T, rtol=1e-9, atol=1e-12 * float(np.abs(matrix).max())):
        raise InformationError("the covariance is not symmetric")
    smallest = float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0])
    if smallest <= 0:
        raise InformationError(
            f"the covariance is not positive definite: its smallest eigenvalue is {smallest:.3g}"
        )
    return (matrix + matrix.T) / 2
