"""Constant tensors, made once a device: copying one there makes the host wait for the device."""

from functools import cache

import torch
from torch import Tensor


@cache
def constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """The values (n,) in float32 on a device; shared, so never to be changed in place."""
    with torch.inference_mode(False):  # else those first asked for in a probe could not be used in training
        return torch.tensor(values, device=device)
