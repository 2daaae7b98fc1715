"""Populations whose captured synergy is known, drawn anew for every seed, on which the promises of the
estimator are counted.

`NOTHING`: the synergy is 0, because nothing is told, or by one modality, or by both alike, or by each its own
part of the label. `UNDER_READ`: 0 too, but the fused view holds a code of one modality that a probe of its
wide or otherwise bent single view reads less well. `SYNERGY`: exclusive or, with labels flipped, beside
codes that are under-read. A draw is (z, z1, z2, y).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

N = 1000
FLIPPED = 0.1
"""Share of wrong labels, so that an exclusive or has 1 − h(0.1) bit of synergy."""
XOR_BITS = float(1 + FLIPPED * np.log2(FLIPPED) + (1 - FLIPPED) * np.log2(1 - FLIPPED))

Source = np.random.Generator
Draw = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


class Population(NamedTuple):
    """How a set is drawn, and its synergy in bits."""

    draw: Callable[[Source], Draw]
    synergy: float


def direction(source: Source, width: int, count: int = 1) -> np.ndarray:
    """Orthonormal columns (width, count)."""
    return np.linalg.qr(source.standard_normal((width, count)))[0]


def code(source: Source, symbols: np.ndarray, apart: float, width: int = 8) -> np.ndarray:
    """A word for each symbol, neighbours `apart` noise deviations from each other, plus noise (n, width)."""
    words = direction(source, width, int(symbols.max()) + 1).T * apart / 2**0.5
    return words[symbols] + source.standard_normal((len(symbols), width))


def side_by_side(x1: np.ndarray, x2: np.ndarray, y: np.ndarray) -> Draw:
    """The fused view is both modalities."""
    return np.hstack([x1, x2]), x1, x2, y


def two_bits(source: Source) -> np.ndarray:
    return source.integers(0, 2, (2, N))


def copied(apart: float, symbols: int = 2) -> Callable[[Source], Draw]:
    """The label is both symbols: each modality tells its own."""

    def draw(source: Source) -> Draw:
        a, b = source.integers(0, symbols, (2, N))
        return side_by_side(code(source, a, apart), code(source, b, apart), symbols * a + b)

    return draw


def sharp_copy(source: Source) -> Draw:
    """Bits with hardly any noise: the union holds all of H(Y)."""
    a, b = two_bits(source)
    x1, x2 = (2.0 * bit[:, None] - 1 + 0.1 * source.standard_normal((N, 1)) for bit in (a, b))
    return side_by_side(x1, x2, 2 * a + b)


def copy_through_a_layer(source: Source) -> Draw:
    """A random ReLU layer of both modalities; single views are the layer with the other modality left out."""
    a, b = two_bits(source)
    return through_a_layer(source, code(source, a, 8), code(source, b, 8), 2 * a + b)


def through_a_layer(source: Source, x1: np.ndarray, x2: np.ndarray, y: np.ndarray, width: int = 200) -> Draw:
    layer = source.standard_normal((x1.shape[1] + x2.shape[1], width)) / x1.shape[1] ** 0.5
    shift = source.standard_normal(width)

    def fused(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.maximum(np.hstack([one, other]) @ layer + shift, 0)

    return fused(x1, x2), fused(x1, 0 * x2), fused(0 * x1, x2), y


def unique(apart: float) -> Callable[[Source], Draw]:
    def draw(source: Source) -> Draw:
        a, b = two_bits(source)
        return side_by_side(code(source, a, apart), code(source, b, apart), a)

    return draw


def redundant(source: Source) -> Draw:
    a, _ = two_bits(source)
    return side_by_side(code(source, a, 10), code(source, a, 10), a)


def degraded(source: Source) -> Draw:
    """The second modality is the first with more noise: it adds nothing."""
    a, _ = two_bits(source)
    x1 = code(source, a, 2)
    return side_by_side(x1, x1 + 2 * source.standard_normal(x1.shape), a)


def independent(classes: int) -> Callable[[Source], Draw]:
    def draw(source: Source) -> Draw:
        a, b = two_bits(source)
        return side_by_side(code(source, a, 10), code(source, b, 10), source.integers(0, classes, N))

    return draw


def wide(width: int, classes: int = 2, beside: int = 0) -> Callable[[Source], Draw]:
    """The fused view is the useful directions of a wide first modality, beside some columns of the second."""

    def draw(source: Source) -> Draw:
        y = source.integers(0, classes, N)
        axes = direction(source, width, classes)
        x1 = 2 * axes.T[y] + source.standard_normal((N, width))
        x2 = source.standard_normal((N, width))
        return np.hstack([x1 @ axes, x2[:, :beside]]), x1, x2, y

    return draw


def wide_second(source: Source) -> Draw:
    z, x1, x2, y = wide(256)(source)
    return z, x2, x1, y


def wide_copy(source: Source) -> Draw:
    """Each modality tells its own bit along one of 200 directions, and the fused view is those two."""
    a, b = two_bits(source)
    axes = [direction(source, 200) for _ in range(2)]
    x1, x2 = (
        2.5 * (bit[:, None] - 0.5) * axis.T + source.standard_normal((N, 200))
        for bit, axis in zip((a, b), axes, strict=True)
    )
    return np.hstack([x1 @ axes[0], x2 @ axes[1]]), x1, x2, 2 * a + b


def squares(width: int) -> Callable[[Source], Draw]:
    """The label is the size of one column, and the fused view holds squares."""

    def draw(source: Source) -> Draw:
        x1, x2 = source.standard_normal((2, N, width))
        return np.hstack([x1**2, x2]), x1, x2, (np.abs(x1[:, 0]) > 0.67).astype(int)

    return draw


def parity_of_one(source: Source) -> Draw:
    """The label is the parity of two bits of the first modality, and the fused view is their product."""
    a, b = two_bits(source)
    axes = direction(source, 16, 2)
    x1 = 4 * np.stack([a - 0.5, b - 0.5], 1) @ axes.T + 0.5 * source.standard_normal((N, 16))
    product = (x1 @ axes).prod(1, keepdims=True)
    return product, x1, source.standard_normal((N, 16)), a ^ b


def kernel_of_one(source: Source) -> Draw:
    """The fused view is a Gaussian kernel of the first modality at 40 centres."""
    x1, x2 = source.standard_normal((2, N, 6))
    centres = source.standard_normal((40, 6))
    kernel = np.exp(-((x1[:, None] - centres) ** 2).sum(2) / 6)
    score = kernel @ source.standard_normal(40)
    return kernel, x1, x2, (score > np.median(score)).astype(int)


def layer_of_one(source: Source) -> Draw:
    """The fused view is a random ReLU layer of the first modality, whose bits' parity is the label."""
    _, x1, x2, y = parity_of_one(source)
    layer, shift = source.standard_normal((16, 200)) / 4, 0.3 * source.standard_normal(200)
    return np.maximum(x1 @ layer + shift, 0), x1, x2, y


def waves_of_one(source: Source) -> Draw:
    """A cosine along one of 32 directions: no student learns it, so nothing may be claimed."""
    x1, x2 = source.standard_normal((2, N, 32))
    wave = np.cos(4 * (x1 @ direction(source, 32)))
    return wave, x1, x2, (wave[:, 0] > 0).astype(int)


def flipped_xor(source: Source, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a ^ b) ^ (source.random(len(a)) < FLIPPED)


def xor_layer(source: Source) -> Draw:
    a, b = two_bits(source)
    return through_a_layer(source, code(source, a, 8), code(source, b, 8), flipped_xor(source, a, b))


def xor_product(source: Source) -> Draw:
    """The fused view is the product of one direction of each modality's 32."""
    a, b = two_bits(source)
    axes = [direction(source, 32) for _ in range(2)]
    x1, x2 = (
        10 * (bit[:, None] - 0.5) * axis.T + source.standard_normal((N, 32))
        for bit, axis in zip((a, b), axes, strict=True)
    )
    return (x1 @ axes[0]) * (x2 @ axes[1]), x1, x2, flipped_xor(source, a, b)


def xor_beside_wide(source: Source) -> Draw:
    """Two more classes come from a direction of the wide first modality, which the fused view holds."""
    a, b = two_bits(source)
    z, x1, x2, c = wide(250)(source)
    first, second = code(source, a, 10), code(source, b, 10)
    parity = (2.0 * (a ^ b) - 1)[:, None] + 0.1 * source.standard_normal((N, 1))
    joint = np.hstack([x1, first]), np.hstack([x2[:, :4], second])
    return np.hstack([z, parity]), *joint, 2 * c + flipped_xor(source, a, b)


NOTHING = {
    "copy": Population(copied(10), 0.0),
    "sharp copy": Population(sharp_copy, 0.0),
    "noisy copy": Population(copied(3), 0.0),
    "noisier copy": Population(copied(1.5), 0.0),
    "copy through a layer": Population(copy_through_a_layer, 0.0),
    "unique": Population(unique(10), 0.0),
    "noisy unique": Population(unique(2), 0.0),
    "redundant": Population(redundant, 0.0),
    "degraded": Population(degraded, 0.0),
    "independent, 2 classes": Population(independent(2), 0.0),
    "independent, 4 classes": Population(independent(4), 0.0),
}
UNDER_READ = {
    "wide, 256": Population(wide(256), 0.0),
    "wide, 256, beside the second": Population(wide(256, beside=5), 0.0),
    "wide second, 256": Population(wide_second, 0.0),
    "wide, 600": Population(wide(600), 0.0),
    "wide, 1,500": Population(wide(1500), 0.0),
    "wide, 256, 4 classes": Population(wide(256, classes=4), 0.0),
    "wide copy": Population(wide_copy, 0.0),
    "squares of 4": Population(squares(4), 0.0),
    "squares of 32": Population(squares(32), 0.0),
    "squares of 256": Population(squares(256), 0.0),
    "parity of one": Population(parity_of_one, 0.0),
    "kernel of one": Population(kernel_of_one, 0.0),
    "layer of one": Population(layer_of_one, 0.0),
    "waves of one": Population(waves_of_one, 0.0),
}
SYNERGY = {
    "xor through a layer": Population(xor_layer, XOR_BITS),
    "xor as a product": Population(xor_product, XOR_BITS),
    "xor beside a wide code": Population(xor_beside_wide, XOR_BITS),
}
EVERY = NOTHING | UNDER_READ | SYNERGY
