"""One generator for each kind of choice, seeded by what the choice is for and where in the run it is made.

Because a generator depends only on (seed, purpose, place), a resumed run draws what the unbroken one would
have drawn, and a change in one kind of choice leaves the others as they were.
"""

import hashlib

import numpy as np
import torch


def derive_seed(seed: int, purpose: str, *place: int) -> int:
    """A 63-bit seed from (seed, purpose, place), by BLAKE2b so that neighbouring seeds share nothing."""
    text = "/".join([str(seed), purpose, *map(str, place)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def torch_generator(
    seed: int, purpose: str, *place: int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """A seeded generator on `device`; CPU and GPU draw different numbers from the same seed."""
    return torch.Generator(device=device).manual_seed(derive_seed(seed, purpose, *place))


def numpy_generator(seed: int, purpose: str, *place: int) -> np.random.Generator:
    """NumPy's counterpart of `torch_generator`, for data that is made on the CPU."""
    return np.random.default_rng(derive_seed(seed, purpose, *place))
