"""Named tables with well-known decompositions, for the playground, the tests and those who learn."""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Gate(NamedTuple):
    """A distribution p(x1, x2, y): what it is, and how it is made from the share of labels that are flipped
    (0 … 0.5)."""

    title: str
    says: str
    make: Callable[[float], Array]


def of_function(
    target: Callable[[int, int], int], first: int = 2, second: int = 2
) -> Callable[[float], Array]:
    """Uniform, independent inputs and Y = target(x1, x2), whose value is replaced by another at random with
    probability noise."""

    def make(noise: float) -> Array:
        outcomes = max(target(a, b) for a, b in product(range(first), range(second))) + 1
        table = np.full((first, second, max(outcomes, 2)), noise / max(outcomes - 1, 1))
        for a, b in product(range(first), range(second)):
            table[a, b, target(a, b)] = 1 - noise
        if outcomes == 1:
            table[:, :, 1] = 0.0
        whole: Array = table / table.sum()
        return whole

    return make


def _redundant(noise: float) -> Array:
    """One fair bit that both sources carry."""
    table = np.zeros((2, 2, 2))
    for bit in range(2):
        table[bit, bit] = [noise, noise]
        table[bit, bit, bit] = 1 - noise
    whole: Array = table / table.sum()
    return whole


def _independent(noise: float) -> Array:
    return np.full((2, 2, 2), 1 / 8)


def _redundant_xor(noise: float) -> Array:
    """A bit that both sources carry, and the exclusive or of two of their own: one bit redundant, one
    synergistic."""
    table = np.zeros((4, 4, 4))
    for shared, a, b in product(range(2), repeat=3):
        for answer in range(2):
            table[2 * shared + a, 2 * shared + b, 2 * shared + answer] += (
                (1 - noise) if answer == a ^ b else noise
            )
    whole: Array = table / table.sum()
    return whole


GATES = {
    "xor": Gate(
        "XOR",
        "Y is 1 when the inputs differ: neither alone tells anything, both tell all.",
        of_function(lambda a, b: a ^ b),
    ),
    "and": Gate(
        "AND",
        "Y is 1 when both inputs are: part redundant, part synergistic.",
        of_function(lambda a, b: a & b),
    ),
    "or": Gate("OR", "Y is 1 when an input is.", of_function(lambda a, b: a | b)),
    "sum": Gate("Sum", "Y counts the ones.", of_function(lambda a, b: a + b)),
    "copy": Gate(
        "Copy", "Y is the pair of inputs: each tells its own half.", of_function(lambda a, b: 2 * a + b)
    ),
    "unique": Gate("Unique", "Y is the first input; the second tells nothing.", of_function(lambda a, b: a)),
    "redundant": Gate("Redundant", "One bit that both inputs carry.", _redundant),
    "redundant_xor": Gate(
        "Redundant bit and XOR", "Y has a bit of both and the XOR of two others.", _redundant_xor
    ),
    "matching": Gate(
        "Matching symbols",
        "Y is 1 when two of ten symbols match, as in Trifeature's synergy task.",
        of_function(lambda a, b: int(a == b), 10, 10),
    ),
    "independent": Gate("Independent", "Y has nothing to do with the inputs.", _independent),
}
