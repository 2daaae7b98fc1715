"""AdamW as the paper uses it (docs/method.md#published-settings), and the norm of a step's gradients."""

from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from engine.settings.training import TrainingSettings


def build_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW over all parameters that learn; weight decay on none of the biases, norms and scalars.

    Biases go by name; the weight of every norm, and a learned temperature, has fewer than two dimensions. The
    fused form is the same arithmetic in one kernel: a small model's step spends a quarter of its CPU time in
    the loop over parameters.
    """
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (free if parameter.ndim < 2 or name.endswith("bias") else decayed).append(parameter)
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, fused=True
    )


def gradient_norm(model: nn.Module, optimizer: torch.optim.Optimizer, accelerator: Accelerator) -> Tensor:
    """Euclidean norm of all gradients, unscaled; for the curve only, nothing is clipped."""
    accelerator.unscale_gradients(optimizer)
    return torch.nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
