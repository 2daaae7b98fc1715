"""One row a sample that adds up to what is published of all: pointwise information in bits
(docs/synergy.md#sample-by-sample).

The union information has such rows although it is a minimum: the dual that proves it is the expected score
of a forecast, r(y | x1, x2) = exp(λ(x1, y) + μ(x2, y)), the best that is a product of a factor of each
modality with Σ_y r ≤ 1; log2 r(y) − log2 p(y) averages over the samples to it. In the spirit of pointwise
information (Fano 1961) and of pointwise usable information (Ethayarajh et al. 2022, arXiv 2110.08420).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PARTS = ("fused", "first", "second", "both", "late", "union")


@dataclass(frozen=True, eq=False)
class SampleRows:
    """Of each sample that was scored, (n,): its place among the samples given, and in bits what each view
    told of its label. The mean of a column is the published value; a row may be far below zero, where a
    forecast was sure of another label."""

    index: NDArray[np.int64]
    fused: Array
    first: Array
    second: Array
    both: Array
    late: Array
    """What forecasts of the two single modalities, combined, told."""
    union: Array

    @property
    def synergy(self) -> Array:
        """fused − union; its mean is S_Z."""
        return self.fused - self.union

    @property
    def gain(self) -> Array:
        """fused − both; its mean is G."""
        return self.fused - self.both

    @property
    def interaction(self) -> Array:
        """fused − late: what only a joint look at the features tells."""
        return self.fused - self.late

    @property
    def complementarity(self) -> Array:
        """late − union: what combining the modalities' own forecasts tells."""
        return self.late - self.union

    @classmethod
    def of(cls, index: NDArray[np.int64], parts: Mapping[str, Array]) -> Self:
        """Rows with these columns."""
        return cls(index, **{name: parts[name] for name in PARTS})

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Every column by its name, the differences among them."""
        names = (*PARTS, "synergy", "gain", "interaction", "complementarity")
        return {"index": self.index, **{name: getattr(self, name) for name in names}}
