"""Entropies in closed form."""

import math


def binary_entropy(p: float) -> float:
    """h(p) = −p log2 p − (1−p) log2(1−p), in bits, for 0 ≤ p ≤ 1."""
    return -sum(q * math.log2(q) for q in (p, 1 - p) if q > 0)
