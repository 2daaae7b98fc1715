"""Collectives with gradient, so that a loss over the global batch is the same whether one process holds it or
several share it.

Every function is the identity (of a world of one) while `torch.distributed` is not initialised. Gradients are
those of the *sum* of all processes' losses; the mean over processes that DistributedDataParallel takes then
makes them the gradient of the one global loss, exactly. All processes must hold batches of equal size.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def process_count() -> int:
    """Processes that share a batch."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


class _AllGather(torch.autograd.Function):
    """(…) → (processes, …). Backward: every process's gradient for this one's part, summed."""

    @staticmethod
    def forward(ctx: Any, local: Tensor) -> Tensor:
        local = local.contiguous()
        parts = [torch.empty_like(local) for _ in range(process_count())]
        dist.all_gather(parts, local)
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total[dist.get_rank()]


class _AllSum(torch.autograd.Function):
    """Sum over processes; so is its backward."""

    @staticmethod
    def forward(ctx: Any, local: Tensor) -> Tensor:
        total = local.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


def gather_batch(local: Tensor, dim: int = -2) -> Tensor:
    """The global batch: every process's `local` (…, b, width) laid along the batch dimension, in order of
    rank."""
    if process_count() == 1:
        return local
    gathered: Tensor = _AllGather.apply(local)  # type: ignore[no-untyped-call]
    return torch.cat(gathered.unbind(0), dim)


def mean_over_processes(local: Tensor) -> Tensor:
    """The mean of a tensor of one shape over all processes."""
    if process_count() == 1:
        return local
    total: Tensor = _AllSum.apply(local)  # type: ignore[no-untyped-call]
    return total / process_count()
