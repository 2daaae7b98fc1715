"""Bounds on mutual information from a critic's scores f(x_i, y_j) of all pairs of a batch (N, N), in nats.

Liang et al., NeurIPS 2023 (arXiv 2306.05268), section 3: InfoNCE from below, NCE-CLUB from above. The upper
bound holds for the critic that maximises the lower one, so a critic of its own is trained for it, by InfoNCE,
while what it judges stands still.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Critic(nn.Module):
    """Scores f(x, y) = w·ReLU(A x + B y + b) of all pairs: one hidden layer on x and y side by side, as in
    FactorCL.

    A x and B y are computed once a sample, not once a pair; memory is N² × hidden all the same.
    """

    def __init__(self, first: int, second: int, hidden: int):
        super().__init__()
        self.first = nn.Linear(first, hidden)
        self.second = nn.Linear(second, hidden, bias=False)
        self.out = nn.Linear(hidden, 1, bias=False)  # a constant added to all scores changes neither bound

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """first (N, d), second (N, e) → scores (N, N), at least float32: row i, column j is f(first_i,
        second_j)."""
        hidden = F.relu(self.first(first)[:, None] + self.second(second)[None])
        scores: Tensor = self.out(hidden)[..., 0]
        return scores if scores.dtype == torch.float64 else scores.float()


def lower_bound(scores: Tensor) -> Tensor:
    """InfoNCE: mean_i [f(x_i, y_i) − log mean_j exp f(x_i, y_j)], at most log N."""
    return (scores.diagonal() - scores.logsumexp(1)).mean() + math.log(len(scores))


def upper_bound(scores: Tensor) -> Tensor:
    """NCE-CLUB: mean_i f(x_i, y_i) − mean_ij f(x_i, y_j), for a critic that maximises `lower_bound`."""
    return scores.diagonal().mean() - scores.mean()
