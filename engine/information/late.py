"""What combining the two modalities' within forecasts tells, without a joint look at the features: the late
probe (docs/synergy.md#two-kinds-of-synergy).

Synergy by Bertschinger et al. counts it as synergy that *which* modality is informative changes from sample
to sample, or that two votes must agree. Late fusion reads that from the two forecasts alone; so it splits S_Z
into what needs a joint look at the features (interaction) and what does not (complementarity).
"""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.information.entries import Entries, class_shares, entries_of
from engine.information.features import directions
from engine.information.folds import Layout, divide
from engine.information.linear_probe_path import descend
from engine.information.probes import calibrated, collect, stacked
from engine.information.quantised import bin_posterior
from engine.information.reading import Reading, label_entropy, read_view
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
STEPS = 4
"""Gradient steps a strength: few features, of which some are far apart, need more than many."""


def forecast_late(
    forecasts: Array, labels: NDArray[np.int64], layout: Layout, settings: EstimatorSettings, seed: int
) -> Array:
    """Out-of-fold log-probabilities (fold seeds, n, c) from both modalities' log-probabilities, held out too:
    (fold seeds, n, 2 c). A sample is scored by probes that were fitted without it; layout: of these samples.

    A mixture of the class prior, of each forecast, of their product (which is exact where the modalities are
    independent given the label), and of a logistic regression on all probabilities and their
    logarithms.
    """
    within = Layout(layout.groups)
    late = []
    for number, features in enumerate(forecasts):
        folds = divide(labels, within, settings.folds, seed * 1000 + number)
        entries = entries_of(folds, [labels] * len(folds), torch.device("cpu"))
        late.append(collect(stacked(_members(features, entries), entries)[0], 1)[0])
    return np.stack(late)


def _members(features: Array, entries: Entries) -> Iterator[Tensor]:
    """Logits (m, c, n) of the probes that are mixed. features: (n, 2 c)."""
    prior = class_shares(entries).log()[..., None]
    yield prior.expand(-1, -1, len(features))
    c = entries.classes
    logs = torch.as_tensor(features.T, dtype=torch.float32)
    first, second = (side[:c] - prior for side in (logs, logs[len(logs) // 2 :]))
    for gained in (first, second, first + second):
        yield calibrated(gained, entries)
    both = np.concatenate([features, np.exp(features)], 1)  # a forecast counts by how sure it is, too
    yield descend(directions(both, prior.device).even, entries, steps=STEPS)


def with_late(
    reading: Reading, log_late: Array, log_prior: Array, labels: NDArray[np.int64], weights: Array
) -> Reading:
    """The reading with Î_late, and with S_Z split exactly: interaction Î(Z) − Î_late and complementarity
    Î_late − Î∪. log_late, log_prior: (n, c)."""
    entropy = label_entropy(labels, weights)
    view = read_view(log_late, bin_posterior(log_late), log_prior, labels, weights, entropy)
    return reading._replace(
        values=reading.values | split(reading.values, view.told), rows=reading.rows | {"late": view.rows}
    )


def split(values: Mapping[str, Array], late: Array) -> dict[str, Array]:
    """Quantities (draws,) that Î_late adds; of the traced synergy its interaction too."""
    return {
        "late": late,
        "interaction": values["fused"] - late,
        "complementarity": late - values["union"],
        "interaction_traced": values["traced"] + values["union"] - late,
    }
