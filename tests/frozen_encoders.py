"""Frozen encoders whose captured synergy is known in advance, and the tasks that tell them apart
(docs/synergy.md).

Every task has one-hot symbols of two modalities, lightly blurred; an encoder maps a pair, or one modality
with the other left out, to a representation.
"""

from itertools import product

import numpy as np

from engine.information.samples import decompose_samples
from engine.settings.decomposition import EstimatorSettings

QUICK = EstimatorSettings(controls=0, curve=False, fold_seeds=2, permutations=19)
BLUR = 0.05


def tasks(n, draw):
    """Name → symbols of both modalities and label."""
    bits = draw.integers(0, 2, (6, n))
    matching1, matching2 = _matching(n, draw)
    return {
        "xor": (bits[0], bits[1], bits[0] ^ bits[1]),
        "mixture": (
            4 * bits[0] + 2 * bits[1] + bits[2],
            2 * bits[0] + bits[3],
            4 * bits[0] + 2 * bits[1] + (bits[2] ^ bits[3]),
        ),
        "copy": (bits[0], bits[1], 2 * bits[0] + bits[1]),
        "matching": (matching1, matching2, (matching1 == matching2).astype(int)),
    }


def _matching(n, draw):
    first = draw.integers(0, 10, n)
    return first, draw.integers(0, 10, n)


class Encoders:
    """Of one task: `concatenated` unimodal codes, a `random_joint` ReLU layer, an `aligned` shared subspace
    as CLIP learns it."""

    def __init__(self, first, second, draw):
        self.first, self.second = (self._observed(symbols, draw) for symbols in (first, second))
        width = self.first.shape[1] + self.second.shape[1]
        self.layer = draw.standard_normal((width, 400)) / np.sqrt(2)
        self.shift = draw.standard_normal(400)
        self.shared = self._shared_subspace()

    def _observed(self, symbols, draw):
        return np.eye(int(symbols.max()) + 1)[symbols] + BLUR * draw.standard_normal(
            (len(symbols), int(symbols.max()) + 1)
        )

    def _shared_subspace(self):
        """Directions of each modality that correlate with the other: singular vectors of the cross-covariance
        above noise."""
        centred = [x - x.mean(0) for x in (self.first, self.second)]
        u, s, vt = np.linalg.svd(centred[0].T @ centred[1] / len(self.first), full_matrices=False)
        kept = max(int((s > 0.05).sum()), 1)
        return u[:, :kept], vt.T[:, :kept]

    def concatenated(self):
        return np.hstack([self.first, self.second]), self.first, self.second

    def random_joint(self):
        def code(one, other):
            return np.maximum(np.hstack([one, other]) @ self.layer + self.shift, 0)

        empty = [np.zeros_like(x) for x in (self.first, self.second)]
        return code(self.first, self.second), code(self.first, empty[1]), code(empty[0], self.second)

    def aligned(self):
        one, other = self.first @ self.shared[0], self.second @ self.shared[1]
        return np.hstack([one, other]), one, other


def captured(encoder, label, seed=0):
    """S_Z and G of an encoder's views."""
    found = decompose_samples(*encoder(), label, settings=QUICK, seed=seed)
    return found.synergy.value, found.gain.value


def every_case(n, seed):
    """(task, encoder name) → S_Z, G."""
    found = {}
    draw = np.random.default_rng(seed)
    for task, (first, second, label) in tasks(n, draw).items():
        encoders = Encoders(first, second, draw)
        for name in ("concatenated", "random_joint", "aligned"):
            found[task, name] = captured(getattr(encoders, name), label)
    return found


ORDER = list(product(("xor", "mixture", "copy", "matching"), ("concatenated", "random_joint", "aligned")))
