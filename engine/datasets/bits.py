"""Bits: synthetic observations of latent symbols, so that the information about every task is known exactly.

Modality k observes x_k = W_k tanh(E_k[r] + F_k[u_k] + G_k[s_k]) + noise, where r is a redundant symbol both
carry, u_k its own, and s_1 = a, s_2 = b decide the synergy label only together. All symbols are uniform and
independent. The maps are drawn once from the seed; without noise a feature has a standard deviation of about
0.7. The stated information is that of the observations: where noise blurs the symbols, less than these hold.
"""

import math
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.dataset import DatasetError, Information, MultimodalDataset, Split, Task
from engine.datasets.common.mixture_information import integrate
from engine.datasets.common.modality_defaults import modality
from engine.information.entropy import binary_entropy
from engine.randomness import numpy_generator
from engine.settings.dataset import BitsSettings

Symbols = NDArray[np.int64]
GAIN = 1.0
"""Standard deviation of each symbol's contribution to a hidden unit: the units bend, yet few saturate."""
HIDDEN_PER_FEATURE = 2
ROWS_AT_ONCE = 8192
CLEAR = 14.0
"""Distance of observations, in deviations of the noise, from which none is mistaken: Q(7) ≈ 1e-12."""
MOST_DRAWS, LEAST_DRAWS = 4000, 400
"""Observations drawn to integrate what they tell; with fewer, it is not told."""
MOST_POSTERIORS = 16_000_000
MOST_MEANS = 20_000_000
"""Numbers held at once while it is integrated."""
MEMORY_SHARE = 0.5
"""Largest share of the machine's memory the observations may take."""


class Latents(NamedTuple):
    """The symbols of n samples, (n,) each."""

    redundant: Symbols
    unique1: Symbols
    unique2: Symbols
    a: Symbols
    b: Symbols


class ObservationMap(NamedTuple):
    """One modality's fixed map: an embedding (symbols, hidden) for each of its three symbols, and a mixing
    (hidden, features)."""

    embeddings: tuple[NDArray[np.float32], ...]
    mixing: NDArray[np.float32]


def load(settings: BitsSettings, home: Path) -> MultimodalDataset:
    """The data set of these settings; nothing is cached. Raises `DatasetError` when it would not fit in
    memory."""
    _check_size(settings)
    maps = [_observation_map(settings, k) for k in (1, 2)]
    pairing = numpy_generator(settings.seed, "bits/pairing").permutation(synergy_alphabet(settings))
    n_validation = round(settings.validation_share * settings.samples)
    n_probe_validation = round(settings.validation_share * settings.probe_samples)

    def split(name: str, n: int, biased: bool) -> Split:
        """n samples from generators of their own, so that the size of one split changes no other."""
        latents = draw_latents(
            settings, pairing, n, biased, numpy_generator(settings.seed, f"bits/symbols/{name}")
        )
        noise = numpy_generator(settings.seed, f"bits/noise/{name}")
        observed = [
            _observe(maps[0], (latents.redundant, latents.unique1, latents.a), settings.noise, noise),
            _observe(maps[1], (latents.redundant, latents.unique2, latents.b), settings.noise, noise),
        ]
        rows = torch.arange(n)
        labels = labels_of(settings, pairing, latents)
        return Split(
            items={"x1": torch.from_numpy(observed[0]), "x2": torch.from_numpy(observed[1])},
            rows={"x1": rows, "x2": rows},
            labels={task: torch.from_numpy(values) for task, values in labels.items()},
        )

    return MultimodalDataset(
        modalities=tuple(modality(name, "vector", (settings.features,)) for name in ("x1", "x2")),
        tasks=tasks(settings),
        train=split("train", settings.samples, settings.biased),
        validation=split("validation", n_validation, settings.biased),
        probe_train=split("probe_train", settings.probe_samples - n_probe_validation, False),
        probe_validation=split("probe_validation", n_probe_validation, False),
        probe_test=split("probe_test", settings.test_samples, False),
    )


def synergy_alphabet(settings: BitsSettings) -> int:
    """Size of the alphabet of a and of b."""
    return 2 if settings.synergy == "xor" else settings.synergy_symbols


def tasks(settings: BitsSettings) -> tuple[Task, ...]:
    """The four tasks with their information, for independent uniform symbols (natural class prior): that of
    the observations at this noise, or None where it cannot be integrated."""
    redundant, unique = settings.redundant_symbols, settings.unique_symbols
    share, unique1, unique2, synergy = information_of(settings)
    return (
        Task("share", "classification", "redundancy", redundant, 1 / redundant, share),
        Task("unique1", "classification", "uniqueness", unique, 1 / unique, unique1),
        Task("unique2", "classification", "uniqueness", unique, 1 / unique, unique2),
        Task("synergy", "classification", "synergy", 2, 0.5, synergy),
    )


@lru_cache(maxsize=8)
def information_of(settings: BitsSettings) -> tuple[Information | None, ...]:
    """Of the tasks, what the observations tell: where noise leaves no doubt of any symbol, what the symbols
    tell, exactly; else integrated, with its error, as long as that takes no more than seconds.

    Knowing a alone, or b alone, leaves the synergy label's distribution as it is, so all of its information
    is synergy: of the symbols 1 bit for a ⊕ b, h(1/k) for 1[b = π(a)].
    """
    redundant, unique, k = settings.redundant_symbols, settings.unique_symbols, synergy_alphabet(settings)
    maps = [_observation_map(settings, number) for number in (1, 2)]
    if settings.noise == 0 or min(_nearest(settings, mapping) for mapping in maps) > CLEAR * settings.noise:
        return (
            Information(math.log2(redundant), 0, 0, 0),
            Information(0, math.log2(unique), 0, 0),
            Information(0, 0, math.log2(unique), 0),
            Information(0, 0, 0, binary_entropy(1.0 / k)),
        )
    symbols = redundant * unique * k
    draws = min(MOST_DRAWS, MOST_POSTERIORS // symbols)
    if draws < LEAST_DRAWS or symbols * settings.features > MOST_MEANS:
        return (None, None, None, None)
    pairing = numpy_generator(settings.seed, "bits/pairing").permutation(k)
    a, b = np.indices((k, k))
    label = a ^ b if settings.synergy == "xor" else b == pairing[a]
    means = tuple(_means(mapping) for mapping in maps)
    generator = numpy_generator(settings.seed, "bits/information")
    atoms_by_task = integrate((means[0], means[1]), settings.noise, label.astype(np.int64), draws, generator)
    return tuple(Information(*numbers) for numbers in atoms_by_task)


def _means(mapping: ObservationMap) -> NDArray[np.float64]:
    """What a modality is without noise, (r, u, s, features)."""
    shared, unique, part = (table.astype(np.float64) for table in mapping.embeddings)
    hidden = np.tanh(shared[:, None, None] + unique[None, :, None] + part[None, None])
    means: NDArray[np.float64] = hidden @ mapping.mixing
    return means


def _nearest(settings: BitsSettings, mapping: ObservationMap) -> float:
    """The least distance met between observations without noise whose symbols differ in one."""
    generator = numpy_generator(settings.seed, "bits/nearest")
    pairs = int(np.clip(1e9 / (4 * settings.features**2), 64, 2000))
    sizes = [len(table) for table in mapping.embeddings]
    drawn = [generator.integers(size, size=pairs) for size in sizes]
    plain = _observe(mapping, (drawn[0], drawn[1], drawn[2]), 0.0, generator)
    least = math.inf
    for number, size in enumerate(sizes):
        moved = [*drawn]
        moved[number] = (drawn[number] + generator.integers(1, size, size=pairs)) % size
        apart = _observe(mapping, (moved[0], moved[1], moved[2]), 0.0, generator) - plain
        least = min(least, float(np.sqrt((apart.astype(np.float64) ** 2).sum(1)).min()))
    return least


def draw_latents(
    settings: BitsSettings, pairing: Symbols, n: int, biased: bool, generator: np.random.Generator
) -> Latents:
    """n samples of all symbols; biased ones have b chosen so that the synergy label is 1 (b = π(a), or b = 1
    − a for xor)."""
    k = synergy_alphabet(settings)
    redundant = generator.integers(settings.redundant_symbols, size=n)
    unique1, unique2 = generator.integers(settings.unique_symbols, size=(2, n))
    a, b = generator.integers(k, size=(2, n))
    if biased:
        b = 1 - a if settings.synergy == "xor" else pairing[a]
    return Latents(redundant, unique1, unique2, a, b)


def labels_of(settings: BitsSettings, pairing: Symbols, latents: Latents) -> dict[str, Symbols]:
    """Label of every task, (n,) each."""
    synergy = (
        latents.a ^ latents.b
        if settings.synergy == "xor"
        else (latents.b == pairing[latents.a]).astype(np.int64)
    )
    return {
        "share": latents.redundant,
        "unique1": latents.unique1,
        "unique2": latents.unique2,
        "synergy": synergy,
    }


def _observation_map(settings: BitsSettings, number: int) -> ObservationMap:
    generator = numpy_generator(settings.seed, "bits/map", number)
    hidden = HIDDEN_PER_FEATURE * settings.features
    alphabets = (settings.redundant_symbols, settings.unique_symbols, synergy_alphabet(settings))
    embeddings = tuple(
        GAIN * generator.standard_normal((size, hidden), dtype=np.float32) for size in alphabets
    )
    mixing = generator.standard_normal((hidden, settings.features), dtype=np.float32) / np.float32(
        math.sqrt(hidden)
    )
    return ObservationMap(embeddings, mixing)


def _observe(
    mapping: ObservationMap, symbols: tuple[Symbols, ...], noise: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Observations (n, features), made a few thousand at a time: the hidden layer is wider than they are."""
    n, features = len(symbols[0]), mapping.mixing.shape[1]
    observed = np.float32(noise) * generator.standard_normal((n, features), dtype=np.float32)
    for start in range(0, n, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        hidden = sum(table[values[part]] for table, values in zip(mapping.embeddings, symbols, strict=True))
        observed[part] += np.tanh(hidden) @ mapping.mixing
    return observed


def _check_size(settings: BitsSettings) -> None:
    samples = (
        round((1 + settings.validation_share) * settings.samples)
        + settings.probe_samples
        + settings.test_samples
    )
    needed = 2 * 4 * samples * settings.features
    allowed = int(MEMORY_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    if needed > allowed:
        raise DatasetError(
            f"{samples:,} samples of {settings.features:,} features take {needed / 1e9:.1f} GB; "
            f"this machine allows {allowed / 1e9:.1f} GB, so choose fewer samples or features"
        )
