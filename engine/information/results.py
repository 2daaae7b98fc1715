"""What a decomposition found, as named types that know their units, sample size, probe, seeds and gap. All
values in bits.

Plain values only: they are stored as JSON and read by pages that never import torch.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.errors import UserError


class InformationError(UserError):
    """Input that cannot be decomposed; the message is one line with what came and what is allowed."""


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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


class Estimate(_Result):
    """An estimate and its 95 % bootstrap interval, spread over fold seeds included; `low` is the honest
    claim: "at least"."""

    value: float
    low: float
    high: float


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
    """Usable information of one task in a representation, split (SYNERGY.md §3). Every figure is "usable with
    this probe and n".

    redundancy + unique1 + unique2 + synergy = fused, exactly, in the values. `synergy` is the captured
    synergy S_Z, signed: negative is fusion loss. `gain` is G = Î(Z) − Î([Z1; Z2]) with the same probe.
    """

    kind: Literal["classification", "multilabel", "regression"]
    redundancy: Estimate
    unique1: Estimate
    unique2: Estimate
    synergy: Estimate
    gain: Estimate
    fused: Estimate
    """Î(Z), of the fused representation."""
    first: Estimate
    """Î(Z1), of the first modality alone."""
    second: Estimate
    """Î(Z2)"""
    both: Estimate
    """Î([Z1; Z2]), of the two single-modality representations side by side."""
    union: Estimate
    excess: float
    """What the union holds above the larger single modality."""
    entropy: float
    """H0: out-of-fold cross-entropy of the class prior; for regression, ½ log2 of the variance has no zero,
    so 0."""
    ceiling: float | None = None
    """S*: the synergy there is to capture; None where nobody knows."""
    ceiling_kind: Literal["exact", "estimate"] | None = None
    p_information: float | None
    """Label permutations: Î(Z) > 0."""
    p_synergy: float | None
    """Paired bootstrap: S_Z > 0."""
    p_synergy_holm: float | None = None
    """The same, corrected by Holm's method over the tasks that were decomposed together."""
    p_gain: float | None
    """Paired bootstrap: G > 0."""
    p_pairing: float | None = None
    """Shuffling modality 2 within each label: whether pairing matters; None where it was not asked."""
    permuted: Control | None = None
    """Refits on permuted labels; None where it was not asked."""
    curve: tuple[LearningPoint, ...] = ()
    """Learning curve at n/4, n/2, n."""
    probe_limited: bool = False
    """The learning curve still rises by more than 0.02 bit."""
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

    @property
    def capture_ratio(self) -> float | None:
        """S_Z / S*, where the ceiling is known and above 0.05 bit."""
        if self.ceiling is None or self.ceiling <= 0.05:
            return None
        return self.synergy.value / self.ceiling
