"""The projection head between fused representations and the loss, for many views at once."""

import torch
from torch import Tensor, nn

from engine.gathering import mean_over_processes, process_count
from engine.settings.objective import ProjectionSettings


class ViewBatchNorm(nn.Module):
    """BatchNorm for views (v, b, features): statistics of one view's batch at a time, over all processes.

    Same numbers and running statistics as calling `nn.SyncBatchNorm` once a view, in order, without the
    calls.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, views: Tensor) -> Tensor:
        """Normalised views (v, b, features); raises `ValueError` in training with a batch of one sample."""
        views = views.to(self.weight.dtype)  # statistics are not taken in half precision
        if not self.training:
            return (views - self.running_mean) * (
                self.weight * (self.running_var + self.eps).rsqrt()
            ) + self.bias
        samples = views.shape[1] * process_count()
        if samples < 2:
            raise ValueError("batch normalisation needs at least 2 samples in a training batch; got 1")
        mean = mean_over_processes(views.mean(1, keepdim=True))
        centred = views - mean
        variance = mean_over_processes(centred.square().mean(1, keepdim=True))
        with torch.no_grad():
            self._track(mean[:, 0], variance[:, 0] * samples / (samples - 1))
        return centred * (self.weight * (variance + self.eps).rsqrt()) + self.bias

    def _track(self, means: Tensor, variances: Tensor) -> None:
        """What updating the running statistics view by view comes to: weights momentum·(1 − momentum)^(later
        views)."""
        views = len(means)
        powers = (1 - self.momentum) ** torch.arange(
            views - 1, -1, -1, device=means.device, dtype=means.dtype
        )
        for running, observed in ((self.running_mean, means), (self.running_var, variances)):
            running.mul_((1 - self.momentum) ** views).add_(
                (self.momentum * powers[:, None] * observed).sum(0)
            )
        self.num_batches_tracked += views


def projection_head(width: int, settings: ProjectionSettings) -> nn.Sequential:
    """Head (v, b, width) → (v, b, settings.width): Linear, BatchNorm, ReLU twice, then Linear. Used in
    training only."""
    return nn.Sequential(
        nn.Linear(width, settings.hidden),
        ViewBatchNorm(settings.hidden),
        nn.ReLU(inplace=True),
        nn.Linear(settings.hidden, settings.hidden),
        ViewBatchNorm(settings.hidden),
        nn.ReLU(inplace=True),
        nn.Linear(settings.hidden, settings.width),
    )
