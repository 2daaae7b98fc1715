"""Labelled features of two modalities whose decomposition is known: draws from the populations of
`golden/pid/samples.json`.

`populations` gives every case there is; `draw` makes n samples. A population's codebooks and mixing matrices
come from its own seed, a draw from (seed, n) or, for repeated draws, (seed, n, repetition).
"""

import json
from typing import Any, NamedTuple

import numpy as np
from golden_cases import FULL, OWN

WIDTH = 32
NUISANCES = 8


class Draw(NamedTuple):
    """Features (n, 32) of both modalities and labels (n,)."""

    x1: np.ndarray
    x2: np.ndarray
    y: np.ndarray


def populations() -> dict[str, dict[str, Any]]:
    """Case id → case, the full set's first."""
    found: dict[str, dict[str, Any]] = {}
    for file in (folder / "pid" / "samples.json" for folder in (FULL, OWN)):
        if file.exists():
            for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
                found.setdefault(case["id"], case)
    return found


def draw(case: dict[str, Any], n: int, repetition: int | None = None) -> Draw:
    """n samples of a population."""
    fixed = np.random.default_rng(case["seed"])
    seed = [case["seed"], n] if repetition is None else [case["seed"], n, repetition]
    return {"nonlin": _signs, "threshold": _threshold}.get(case["kind"], _codes)(
        case, n, fixed, np.random.default_rng(seed)
    )


def _codes(case: dict[str, Any], n: int, fixed: np.random.Generator, drawn: np.random.Generator) -> Draw:
    """A codeword for each latent symbol, plus noise, plus (nuis, sharednuis) strong directions that tell
    nothing."""
    joint = np.asarray(case["latent_joint"])
    books = [
        _codebook(fixed, symbols, delta)
        for symbols, delta in zip(joint.shape[:2], case["delta"], strict=True)
    ]
    mixings = [_beside(fixed, book) for book in books] if "nuis" in case["kind"] else []
    first, second, y = _latents(joint, n, drawn)
    features = [
        book[symbols] + drawn.standard_normal((n, WIDTH))
        for book, symbols in zip(books, (first, second), strict=True)
    ]
    if mixings:
        own = drawn.standard_normal((n, NUISANCES))
        other = own if case["kind"] == "sharednuis" else drawn.standard_normal((n, NUISANCES))
        features = [
            x + case["amp"] * g @ w.T for x, g, w in zip(features, (own, other), mixings, strict=True)
        ]
    return Draw(features[0], features[1], y)


def _signs(case: dict[str, Any], n: int, fixed: np.random.Generator, drawn: np.random.Generator) -> Draw:
    """Four blobs a modality: its bit is the agreement of two signs, which no linear map tells."""
    planes = [np.linalg.qr(fixed.standard_normal((WIDTH, 2)))[0] for _ in range(2)]
    *bits, y = _latents(np.asarray(case["latent_joint"]), n, drawn)
    noise = [drawn.standard_normal((n, WIDTH)) for _ in range(2)]
    signs = [1 - 2 * drawn.integers(0, 2, n) for _ in range(2)]
    half = np.ravel(case["delta"])[0] / 2
    made = [
        e + half * (s[:, None] * v[:, 0] + (s * (1 - 2 * bit))[:, None] * v[:, 1])
        for e, s, bit, v in zip(noise, signs, bits, planes, strict=True)
    ]
    return Draw(made[0], made[1], y)


def _threshold(case: dict[str, Any], n: int, fixed: np.random.Generator, drawn: np.random.Generator) -> Draw:
    """Y says whether the sum of all parts is positive; each modality has its own parts and the common
    ones."""
    own1, own2, common = case["dims"]
    maps = [fixed.uniform(0, 1, (common + own, WIDTH)) for own in (own1, own2)]
    a, b, c = (drawn.standard_normal((n, width)) for width in (own1, own2, common))
    y = (a.sum(1) + b.sum(1) + c.sum(1) > 0).astype(int)
    return Draw(np.hstack([c, a]) @ maps[0], np.hstack([c, b]) @ maps[1], y)


def _latents(joint: np.ndarray, n: int, drawn: np.random.Generator) -> tuple[np.ndarray, ...]:
    return np.unravel_index(drawn.choice(joint.size, size=n, p=joint.ravel()), joint.shape)


def _codebook(fixed: np.random.Generator, symbols: int, delta: float) -> np.ndarray:
    """Codewords with mean zero, the nearest two `delta` apart."""
    words = fixed.standard_normal((symbols, WIDTH))
    words -= words.mean(0)
    return words * delta / min(np.linalg.norm(words[i] - words[j]) for i in range(symbols) for j in range(i))


def _beside(fixed: np.random.Generator, book: np.ndarray) -> np.ndarray:
    """Orthonormal directions (32, 8) at right angles to the codewords."""
    centred = book - book.mean(0)
    basis = np.linalg.qr(centred.T)[0][:, : np.linalg.matrix_rank(centred)]
    free = fixed.standard_normal((WIDTH, NUISANCES))
    return np.linalg.qr(free - basis @ (basis.T @ free))[0]
