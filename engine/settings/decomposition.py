"""Settings of the decomposition into redundancy, uniqueness and synergy (docs/synergy.md)."""

import math
from typing import Literal

from engine.settings.base import Settings, setting

STRETCHES = 8
"""Parts that the training is divided into, at most, where `every` is -1."""


class EstimatorSettings(Settings):
    """How usable information is read from samples."""

    probe: Literal["linear", "mlp"] = setting(
        "linear",
        "Probe family: multinomial logistic regression, or a stack with a small multilayer perceptron for "
        "raw inputs.",
    )
    folds: int = setting(
        5, "Stratified folds; every sample is scored by probes that never saw it.", ge=2, le=20
    )
    fold_seeds: int = setting(
        2, "Different divisions into folds; their spread is in the intervals.", ge=1, le=20
    )
    draws: int = setting(200, "Bootstrap draws behind an interval.", ge=50, le=10_000)
    permutations: int = setting(
        99, "Label permutations of the test for any information at all.", ge=19, le=10_000
    )
    controls: int = setting(
        3, "Refits on permuted labels, which show what is read from nothing; 0: none.", ge=0, le=100
    )
    curve: bool = setting(
        True, "Also read from a quarter and a half of the samples, to see whether the probe is limited by n."
    )


class DecompositionSettings(EstimatorSettings):
    """What a run decomposes, when and from which samples."""

    enabled: bool = setting(
        True, "Decompose every task at the end of a run, for the trained and the untrained encoder."
    )
    every: int = setting(
        -1,
        "Epochs between two decompositions during training; -1: so many that there are six to nine points, "
        "the untrained and the trained encoder among them; 0: only at the end.",
        unit="epochs",
        ge=-1,
        le=10_000,
    )
    share: float = setting(
        0.1,
        "How long decompositions during training may take, as a share of the training itself: 0.1 a tenth, 2 "
        "twice as long.",
        gt=0.0,
        le=10.0,
    )
    samples: Literal["auto", "held-out", "all"] = setting(
        "auto",
        "Which samples: those held out from training, or all. Auto takes the held-out ones where they are "
        "2,000 or more, or where the method was trained with labels.",
    )
    raw: Literal["auto", "yes", "no"] = setting(
        "auto",
        "Also decompose the raw inputs, by the mlp probe, as an estimate of the ceiling. Auto does where "
        "the truth is not known.",
    )
    largest: int = setting(
        10_000, "Most samples; more are drawn from by the seed.", unit="samples", ge=100, le=1_000_000
    )

    def period(self, epochs: int) -> int:
        """Epochs between two decompositions of a training of so many epochs; 0: none before its end."""
        if not self.enabled:
            return 0
        return math.ceil(epochs / STRETCHES) if self.every < 0 else self.every
