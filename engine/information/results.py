"""What a decomposition found, as named types that know their units, sample size, probe, seeds and gap. All
values in bits.

Plain values only: they are stored as JSON and read by pages that never import torch.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import UserError
from engine.information.sample_rows import SampleRows

LOSSES = {
    "fusion": "fusion loss: the fused representation tells less than the modalities alone do",
    "reading": "reading loss: the probe reads less from the fused representation than from the modalities "
    "alone, but no more from the two side by side",
}
WITHHELD = (
    "no synergy is claimed: what the fused representation tells beyond the single modalities could not be "
    "traced to both together; one modality alone may be read less well than the fusion reads it"
)
RISING = "probe-limited: with more samples this probe would read more"
FALLING = (
    "probe-limited: with more samples this probe would read less synergy, for it still reads a single "
    "modality less well than it could"
)
"""Warnings that follow from a result's figures."""


class InformationError(UserError):
    """Input that cannot be decomposed; the message is one line with what came and what is allowed."""


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


class TableDecomposition(_Result):
    """Exact decomposition of p(x1, x2, y) (Bertschinger et al. 2014), with the bracket that proves how exact.

    The union information lies in [union_low, union_high]; every atom is within `gap` of its true value.
    `converged` says whether the gap is below the tolerance that was asked for.
    """

    redundancy: float
    unique1: float
    unique2: float
    synergy: float
    information1: float
    """I(X1;Y)"""
    information2: float
    """I(X2;Y)"""
    information: float
    """I(X1,X2;Y) = redundancy + unique1 + unique2 + synergy"""
    entropy: float
    """H(Y)"""
    union_low: float
    union_high: float
    iterations: int
    converged: bool

    @property
    def gap(self) -> float:
        """Width of the bracket around the union information."""
        return self.union_high - self.union_low


class Spread(_Result):
    """A point estimate, and between which values 95 % of its bootstrap resamples lie.

    That is how much resampling moves it and no confidence interval: a probe's bias is not in it, and on sets
    with known truth it misses the truth more often than not.
    """

    value: float
    low: float
    high: float


class Estimate(Spread):
    """An estimate whose lower limit is claimed: "at least `low`", the lower end of a 95 % interval with the
    spread over fold seeds in it. `high` is where the same interval ends above; as a probe may read too
    little, it promises nothing."""


class Control(_Result):
    """What the same estimator reads where there is nothing to read: mean and largest over the refits, in
    bits."""

    information: float
    information_high: float
    synergy: float
    synergy_high: float
    gain: float
    gain_high: float
    refits: int


class LearningPoint(_Result):
    """What the estimator reads from n of the samples."""

    n: int
    information: float
    synergy: float
    gain: float


class SampleDecomposition(_Result):
    """Usable information of one task in a representation, split (docs/synergy.md). Every figure is "usable
    with this probe and n".

    redundancy + unique1 + unique2 + synergy = fused, exactly, in the values. `synergy` is the captured
    synergy S_Z, signed; its lower limit is the one promise, and its upper one, as all, is at most what H(Y)
    allows. `gain` is G = Î(Z) − Î([Z1; Z2]) with the same probe. The other quantities are point estimates.
    """

    kind: Literal["classification", "multilabel", "regression"]
    redundancy: Spread
    unique1: Spread
    unique2: Spread
    synergy: Estimate
    gain: Estimate
    fused: Spread
    """Î(Z), of the fused representation."""
    first: Spread
    """Î(Z1), of the first modality alone."""
    second: Spread
    """Î(Z2)"""
    both: Spread
    """Î([Z1; Z2]), of the two single-modality representations side by side."""
    union: Spread
    late: Spread | None = None
    """Î_late, of the two modalities' own forecasts, combined. None in results of earlier versions."""
    interaction: Estimate | None = None
    """Î(Z) − Î_late: what only a joint look at both modalities tells. Its lower limit is claimed, and is at
    most that of `synergy`."""
    complementarity: Estimate | None = None
    """Î_late − Î∪: what combining the modalities' own forecasts tells; interaction + complementarity =
    synergy, exactly. Slightly negative from probe error."""
    excess: float
    """What the union holds above the larger single modality."""
    entropy: float
    """H(Y) of the labels as they are; for regression, ½ log2 of the variance has no zero, so 0."""
    ceiling: float | None = None
    """S*: the synergy there is to capture; None where nobody knows."""
    ceiling_kind: Literal["exact", "estimate"] | None = None
    p_information: float | None
    """Label permutations: Î(Z) > 0."""
    p_synergy: float | None
    """S_Z > 0: the level at which the interval of `synergy` would begin at zero."""
    p_synergy_holm: float | None = None
    """The same, corrected by Holm's method over the tasks that were decomposed together."""
    p_gain: float | None
    """G > 0, likewise."""
    p_pairing: float | None = None
    """Shuffling modality 2 within each label: whether pairing matters; None where it was not asked."""
    permuted: Control | None = None
    """Refits on permuted labels; None where it was not asked."""
    curve: tuple[LearningPoint, ...] = ()
    """Learning curve at n/4, n/2, n."""
    probe_limited: bool = False
    """The last doubling of the samples still moved S, up or down, by more than 0.02 bit."""
    traced: Estimate | None = None
    """What students of both modalities tell of the fused probe's scores beyond the union, by the same
    interval: the synergy that was traced to the modalities. None where the fused view is the two side by
    side, or where it was also given with one modality exchanged."""
    withheld: bool = False
    """S_Z excludes zero and what was traced does not: a single modality may be read less well than the fused
    view reads it, so nothing is claimed."""
    n: int
    classes: int
    labels: int = 1
    """Outputs averaged over: labels of a multilabel task, values of a regression."""
    folds: int
    fold_seeds: tuple[int, ...]
    probe: str
    draws: int
    """Bootstrap draws behind the intervals."""
    gap: float
    """Largest bracket of the table solves behind the union."""
    warnings: tuple[str, ...] = ()
    seconds: float
    rows: SampleRows | None = Field(default=None, exclude=True, repr=False)
    """One row a sample that add up to the figures; not part of the stored values, nor of what is equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampleDecomposition) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    @property
    def loss(self) -> Literal["fusion", "reading"] | None:
        """Why S_Z is below zero, where its interval is: the fusion lost what the concatenation still tells,
        or the probe merely reads less from the fused view than from each modality."""
        if self.synergy.high >= 0:
            return None
        return "fusion" if self.gain.high < 0 else "reading"

    @property
    def capture_ratio(self) -> float | None:
        """S_Z / S*, where the ceiling is known and above 0.05 bit."""
        if self.ceiling is None or self.ceiling <= 0.05:
            return None
        return self.synergy.value / self.ceiling
