"""Trifeature: pairs of rendered images that share their shape (Hermann & Lampinen, 2020;
docs/data.md#trifeature).

Splits are by combination of shape, colour and texture, the same number of each shape: of the 1,000
combinations 200 are test images; of the other 800, drawn three times each, a share is carved off for
validation. What trains is thus never what validates or tests, and no image is ever paired with itself.
Synergy labels and pairs have generators of their own, so that rendering, caching or resizing changes neither.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.dataset import DatasetError, Information, Modality, MultimodalDataset, Split, Task
from engine.datasets.common.modality_defaults import modality
from engine.datasets.rendering.cache import cache_file, read_images, write_images
from engine.datasets.rendering.images import NAMES, render
from engine.information.entropy import binary_entropy
from engine.randomness import numpy_generator
from engine.settings.dataset import TrifeatureSettings

Numbers = NDArray[np.int64]
VALUES = 10
"""Shapes, colours and textures there are of each."""
TEST_COMBINATIONS = 20
"""Held out of each shape's 100 combinations of colour and texture."""
RENDERINGS = 3
"""Images of each combination that is not held out."""
IMAGES = ("image1", "image2")


class Parts(NamedTuple):
    """Rows of images, (shapes, images a shape) each: what trains, what validates, what tests."""

    train: Numbers
    validation: Numbers
    test: Numbers


class Pairs(NamedTuple):
    """Rows of the first and the second image of n samples, (n,) each."""

    first: Numbers
    second: Numbers


def load(settings: TrifeatureSettings, home: Path) -> MultimodalDataset:
    """The data set of these settings, its images rendered on first use and kept under `home`.

    Raises `DatasetError` when more pairs are asked for than exist, or the images cannot be kept.
    """
    features = image_features(settings.seed)
    pairing = numpy_generator(settings.seed, "trifeature/pairing").permutation(VALUES)
    pairs = draw_splits(settings, features, pairing)
    images = rendered_images(features, settings.image_size, settings.seed, home)
    splits = {
        name: Split(
            items=dict.fromkeys(IMAGES, images),
            rows={"image1": torch.from_numpy(drawn.first), "image2": torch.from_numpy(drawn.second)},
            labels=labels_of(drawn, features, pairing),
        )
        for name, drawn in pairs.items()
    }
    return MultimodalDataset(
        modalities=tuple(image_modality(name, settings.image_size) for name in IMAGES),
        tasks=TASKS,
        train=splits["train"],
        validation=splits["validation"],
        probe_train=splits["probe_train"],
        probe_validation=splits["probe_validation"],
        probe_test=splits["probe_test"],
    )


def draw_splits(settings: TrifeatureSettings, features: Numbers, pairing: Numbers) -> dict[str, Pairs]:
    """The pairs of every split, by its name. Validation has a share of the training pairs, or all there are
    if they are fewer."""
    parts = split_images(settings.validation_share)

    def pairs(name: str, rows: Numbers, n: int, *, biased: bool, at_most: bool = False) -> Pairs:
        allowed = allowed_pairs(rows, features, pairing if biased else None)
        generator = numpy_generator(settings.seed, f"trifeature/pairs/{name}")
        return draw_pairs(allowed, n, generator, name, at_most)

    n_validation, n_probe = (
        round(settings.validation_share * n) for n in (settings.pairs, settings.probe_pairs)
    )
    probe_validation = pairs("probe_validation", parts.validation, n_probe, biased=False, at_most=True)
    n_probe_train = settings.probe_pairs - len(probe_validation.first)
    return {
        "train": pairs("train", parts.train, settings.pairs, biased=settings.biased),
        "validation": pairs(
            "validation", parts.validation, n_validation, biased=settings.biased, at_most=True
        ),
        "probe_train": pairs("probe_train", parts.train, n_probe_train, biased=False),
        "probe_validation": probe_validation,
        "probe_test": pairs("probe_test", parts.test, settings.test_pairs, biased=False),
    }


def image_modality(name: str, size: int) -> Modality:
    """One of the two images of a sample."""
    return modality(name, "image", (3, size, size))


_ENTROPY = math.log2(VALUES)
TASKS = (
    Task(
        "share", "classification", "redundancy", VALUES, 1 / VALUES, Information(_ENTROPY, 0, 0, 0), NAMES[0]
    ),
    Task(
        "unique1",
        "classification",
        "uniqueness",
        VALUES,
        1 / VALUES,
        Information(0, _ENTROPY, 0, 0),
        NAMES[2],
    ),
    Task(
        "unique2",
        "classification",
        "uniqueness",
        VALUES,
        1 / VALUES,
        Information(0, 0, _ENTROPY, 0),
        NAMES[2],
    ),
    Task(
        "synergy",
        "classification",
        "synergy",
        2,
        0.5,
        Information(0, 0, 0, binary_entropy(1 / VALUES)),
        ("other", "paired"),
    ),
)
"""Shape; texture of either image; whether colour₂ = π(texture₁). The information is that of independent
uniform features, which the pairs have up to the draw of the split."""


def image_features(seed: int) -> Numbers:
    """Shape, colour and texture of every image, (2600, 3): for each shape its 80 training combinations, three
    images each, and after all of those, for each shape its 20 test combinations."""
    generator = numpy_generator(seed, "trifeature/split")
    order = generator.permuted(np.tile(np.arange(VALUES**2), (VALUES, 1)), axis=1)
    combinations = np.stack(
        [np.arange(VALUES)[:, None].repeat(VALUES**2, 1), order // VALUES, order % VALUES], axis=2
    )
    test, train = combinations[:, :TEST_COMBINATIONS], combinations[:, TEST_COMBINATIONS:]
    return np.concatenate([train.repeat(RENDERINGS, axis=1).reshape(-1, 3), test.reshape(-1, 3)])


def split_images(validation_share: float) -> Parts:
    """Rows of the images of each part, in the layout of `image_features`; validation takes whole
    combinations."""
    kept = VALUES**2 - TEST_COMBINATIONS
    training = np.arange(VALUES * kept * RENDERINGS).reshape(VALUES, kept * RENDERINGS)
    test = training.size + np.arange(VALUES * TEST_COMBINATIONS).reshape(VALUES, TEST_COMBINATIONS)
    carved = RENDERINGS * max(1, round(validation_share * kept))
    return Parts(training[:, carved:], training[:, :carved], test)


def allowed_pairs(rows: Numbers, features: Numbers, pairing: Numbers | None) -> Pairs:
    """All ordered pairs of different images of one shape, from rows (shapes, images); with `pairing` only
    those whose second colour is pairing[first texture]."""
    first, second = np.nonzero(~np.eye(rows.shape[1], dtype=bool))
    pairs = Pairs(rows[:, first].ravel(), rows[:, second].ravel())
    if pairing is None:
        return pairs
    chosen = is_paired(pairs, features, pairing)
    return Pairs(pairs.first[chosen], pairs.second[chosen])


def is_paired(pairs: Pairs, features: Numbers, pairing: Numbers) -> NDArray[np.bool_]:
    """Whether colour₂ = π(texture₁), (n,)."""
    return features[pairs.second, 1] == pairing[features[pairs.first, 2]]  # type: ignore[no-any-return]


def draw_pairs(allowed: Pairs, n: int, generator: np.random.Generator, name: str, at_most: bool) -> Pairs:
    """n of the allowed pairs without replacement; fewer if `at_most` and there are no more, else
    `DatasetError`."""
    there = len(allowed.first)
    if at_most:
        n = min(n, there)
    if n > there or n == 0:
        raise DatasetError(f"trifeature has {there:,} pairs for '{name}'; {n:,} were asked for")
    chosen = generator.choice(there, n, replace=False)
    return Pairs(allowed.first[chosen], allowed.second[chosen])


def labels_of(pairs: Pairs, features: Numbers, pairing: Numbers) -> dict[str, Tensor]:
    """Label of every task, (n,) each."""
    labels = {
        "share": features[pairs.first, 0],
        "unique1": features[pairs.first, 2],
        "unique2": features[pairs.second, 2],
        "synergy": is_paired(pairs, features, pairing).astype(np.int64),
    }
    return {task: torch.from_numpy(values) for task, values in labels.items()}


def rendered_images(features: Numbers, size: int, seed: int, home: Path) -> Tensor:
    """The images (n, 3, size, size) uint8, from the cache or rendered anew; a cache that is not whole is
    replaced."""
    file = cache_file(home, size, seed)
    images = read_images(file, features, size)
    if images is None:
        images = torch.from_numpy(render(features, size, numpy_generator(seed, "trifeature/render")))
        write_images(file, images, features)
    return images
