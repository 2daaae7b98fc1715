"""The late probe, and with it the two kinds of synergy: mixtures of samples whose exact posteriors are
known."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from synergy_mixtures import Drawn, Shares, draw

from engine.information import decompose_samples
from engine.information.folds import Layout
from engine.information.late import forecast_late, with_late
from engine.information.reading import Reading, read_classes
from engine.information.results import SampleDecomposition
from engine.settings.decomposition import EstimatorSettings

PLAIN = EstimatorSettings(controls=0, curve=False, permutations=19, draws=50)
MIXED = Shares(0.3, 0.3, 0.2, 0.2)


def read_exactly(drawn: Drawn) -> Reading:
    """What the late probe makes of exact posteriors."""
    n = len(drawn.y)
    weights, prior = np.ones((1, n)), np.tile(np.log(np.bincount(drawn.y) / n), (n, 1))
    logs = {"fused": drawn.both, "both": drawn.both, "first": drawn.first, "second": drawn.second}
    reading = read_classes(logs, prior, drawn.y, weights, ["first"], ["second"])
    forecasts = np.concatenate([drawn.first, drawn.second], 1)[None]
    return with_late(
        reading, forecast_late(forecasts, drawn.y, Layout(), PLAIN, 0)[0], prior, drawn.y, weights
    )


def read(drawn: Drawn) -> SampleDecomposition:
    """Trained probes on a random ReLU layer of both modalities, beside it with one of them left out."""
    source = np.random.default_rng(9)
    layer, shift = source.standard_normal((6, 128)), source.standard_normal(128)

    def fused(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        return np.maximum(np.hstack([x1, x2]) @ layer + shift, 0)

    views = (fused(drawn.x1, drawn.x2), fused(drawn.x1, 0 * drawn.x2), fused(0 * drawn.x1, drawn.x2))
    return decompose_samples(*views, drawn.y, settings=PLAIN)


def exact_gate(name: str, n: int, seed: int = 0) -> Drawn:
    """Two fair bits and a label, with their exact posteriors."""
    source = np.random.default_rng(seed)
    a, b = source.integers(0, 2, (2, n))
    wrong = source.random(n) < (0.1 if name == "noisy xor" else 0.0)
    y = {"and": a & b, "or": a | b, "unique": a}.get(name, a ^ b) ^ wrong
    known = {
        "and": (0.5 * a, 0.5 * b, a & b),
        "or": (0.5 + 0.5 * a, 0.5 + 0.5 * b, a | b),
        "unique": (a, 0 * a + 0.5, a),
        "xor": (0 * a + 0.5, 0 * a + 0.5, a ^ b),
        "noisy xor": (0 * a + 0.5, 0 * a + 0.5, np.where(a ^ b, 0.9, 0.1)),
    }[name]
    logs = [np.log(np.clip(np.stack([1 - p, p], 1), 1e-5, 1)) for p in known]
    return Drawn(a[:, None], b[:, None], y, np.zeros(n, bool), *logs)


@pytest.mark.parametrize(
    ("name", "interaction", "complementarity"),
    [("xor", 1, 0), ("noisy xor", 0.531, 0), ("and", 0, 0.5), ("or", 0, 0.5), ("unique", 0, 0)],
)
def test_gates_are_one_kind_or_the_other(name, interaction, complementarity):
    values = read_exactly(exact_gate(name, 10_000)).values
    assert values["interaction"][0] == pytest.approx(interaction, abs=0.03)
    assert values["complementarity"][0] == pytest.approx(complementarity, abs=0.03)


@pytest.mark.parametrize(
    ("shares", "interaction", "complementarity"),
    [
        (MIXED, 0.214, 0.315),
        (Shares(0.4, 0.4, 0.2), 0.0, 0.41),
        (Shares(0.45, 0, 0.45, 0.1), 0.1, 0.0),
        (Shares(0.5, 0.5), 0.0, 0.5),
    ],
)
def test_interaction_is_the_share_of_samples_that_need_both(shares, interaction, complementarity):
    values = read_exactly(draw(shares, 5000, 1)).values
    assert values["interaction"][0] == pytest.approx(interaction, abs=0.03)
    assert values["complementarity"][0] == pytest.approx(complementarity, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("shares", [MIXED, Shares(0.45, 0, 0.45, 0.1), Shares(0.4, 0.4, 0.2)])
def test_trained_probes_read_what_exact_posteriors_do_and_rank_the_samples_that_need_both(shares):
    drawn = draw(shares, 5000, 2)
    found, exact = read(drawn), read_exactly(drawn).values
    assert found.interaction.value == pytest.approx(exact["interaction"][0], abs=0.05)
    assert found.complementarity.value == pytest.approx(exact["complementarity"][0], abs=0.05)
    if drawn.needs_both.any():
        assert roc_auc_score(drawn.needs_both, found.rows.interaction) >= 0.85
        assert roc_auc_score(drawn.needs_both, found.rows.synergy) >= 0.7
        assert found.interaction.low > 0.05


NO_INTERACTION = {
    "alternating": (Shares(0.5, 0.5), (0.25, 0.25)),
    "unequal noise": (Shares(0.3, 0.3, 0.4), (0.25, 0.7)),
    "one or the other": (Shares(0.4, 0.4, 0.2), (0.25, 0.25)),
    "noisy": (Shares(0.4, 0.4, 0.2), (0.5, 0.5)),
    "either": (Shares(0, 0, 1.0), (0.6, 0.6)),
}


@pytest.mark.parametrize("name", NO_INTERACTION)
def test_no_interaction_is_claimed_where_there_is_none(name):
    shares, noise = NO_INTERACTION[name]
    found = read(draw(shares, 1000, 3, noise))
    assert found.interaction.low <= 0 and found.interaction.value < 0.06


def test_no_interaction_is_claimed_of_additive_labels_of_many_classes():
    source = np.random.default_rng(4)
    y = source.integers(0, 8, 2000)
    words = source.standard_normal((2, 8, 4))
    x1, x2 = words[:, y] + source.standard_normal((2, 2000, 4))
    found = decompose_samples(np.hstack([x1, x2]), x1, x2, y, settings=PLAIN)
    assert found.interaction.low <= 0 and abs(found.interaction.value) < 0.03
    assert found.complementarity.low > 0.1


def test_groups_are_not_torn_apart_by_the_late_probe():
    """Forecasts that are nothing but a number of the group tell nothing of the label of another group."""
    source = np.random.default_rng(6)
    groups = np.repeat(np.arange(60), 10)
    label = source.integers(0, 2, 60)[groups]
    sure = np.log(np.clip(np.stack([source.random(60), source.random(60)], 1)[groups], 1e-4, 1))
    forecasts = np.concatenate([sure, sure[:, ::-1]], 1)[None]
    kept, torn = (
        forecast_late(forecasts, label, layout, PLAIN, 0)[0] for layout in (Layout(groups), Layout())
    )
    told = [log[np.arange(600), label].mean() / np.log(2) for log in (kept, torn)]
    assert told[0] <= -0.9 and told[1] >= told[0]
