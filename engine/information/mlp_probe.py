"""Small multilayer perceptrons, one for each entry, trained side by side: two hidden layers, Adam, stopped on
rows set aside.

For raw inputs, whose label may be in them without being linearly readable. The nets of all folds and seeds
are one batched matrix product, so that forty of them cost little more than one.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor

from engine.information.calibration import Calibration
from engine.information.entries import Entries

HIDDEN = 32
BATCH = 128
EPOCHS = 30
RATE = 6e-3
DECAY = 2.0
"""Chosen on the open sample sets at n = 2,000. Strong decay is what finds a parity among dozens of
dimensions; a parity shows in no validation loss until it is found, so the whole schedule is run and only the
best epoch kept."""


def train(scores: Tensor, entries: Entries, seed: int) -> Tensor:
    """Calibrated logits (m, c, n) of all rows. scores: (r, n)."""
    scores = scores.T.contiguous()
    m, c = len(entries.labels), entries.classes
    generator = torch.Generator(device=scores.device).manual_seed(seed)
    parameters = _draw((scores.shape[1], HIDDEN, HIDDEN, c), m, generator, scores)
    optimizer = torch.optim.AdamW(parameters, RATE, weight_decay=DECAY, fused=True)
    calibration = Calibration(entries)
    prior = calibration.prior.mT
    most = int(entries.fitted.sum(1).min())
    batch = min(BATCH, max(32, most // 10))
    seen = scores[calibration.aside.rows]
    best = [value.detach().clone() for value in parameters]
    for epoch in range(EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * _rate(epoch / EPOCHS)
        for rows in torch.split(_orders(entries.fitted, most // batch * batch, generator), batch, 1):
            logits = _forward(scores[rows], parameters) + prior
            targets = entries.labels.gather(1, rows)
            loss = (
                torch.nn.functional.cross_entropy(logits.reshape(-1, c), targets.reshape(-1), reduction="sum")
                / batch
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        if (epoch >= EPOCHS // 3 and epoch % 2) or epoch == EPOCHS - 1:
            with torch.no_grad():
                better = calibration.look(_forward(seen, parameters).mT)
                for kept, value in zip(best, parameters, strict=True):
                    kept[better] = value[better]
    with torch.no_grad():
        raw = _forward(scores.expand(m, -1, -1), best).mT
        return raw * calibration.settle(calibration.aside.of(raw)) + calibration.prior


def _draw(sizes: tuple[int, ...], m: int, generator: torch.Generator, like: Tensor) -> list[Tensor]:
    """Weights of all layers (m, before, after), then their biases (m, 1, after)."""
    shapes = list(pairwise(sizes))
    layers = [
        torch.randn(m, before, after, generator=generator, device=like.device) * (2.0 / before) ** 0.5
        for before, after in shapes
    ]
    layers[-1] *= 0.1
    return [
        value.requires_grad_() for value in (*layers, *(like.new_zeros(m, 1, after) for _, after in shapes))
    ]


def _rate(done: float) -> float:
    """Up over the first third of the training, then down along a cosine."""
    rising = 1 / 3
    return (
        0.1 + 0.9 * done / rising
        if done < rising
        else 0.5 + 0.5 * math.cos(math.pi * (done - rising) / (1 - rising))
    )


def _forward(inputs: Tensor, parameters: list[Tensor]) -> Tensor:
    """(m, b, r) → (m, b, c)."""
    half = len(parameters) // 2
    hidden = inputs
    for number, (weight, bias) in enumerate(zip(parameters[:half], parameters[half:], strict=True)):
        hidden = torch.baddbmm(bias, hidden, weight)
        if number < half - 1:
            hidden = torch.relu(hidden)
    return hidden


def _orders(fitted: Tensor, length: int, generator: torch.Generator) -> Tensor:
    """For every entry its fitted rows (m, length) in a random order, as many as all entries have."""
    keys = torch.rand(fitted.shape, generator=generator, device=fitted.device)
    keys = torch.where(fitted, keys, 2.0)
    return keys.argsort(1)[:, :length]
