"""Small multilayer perceptrons, one for each entry, trained side by side: two hidden layers, Adam, stopped on rows set aside.

For raw inputs, whose label may be in them without being linearly readable. The nets of all folds and seeds are one batched
matrix product, so that forty of them cost little more than one.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor

from engine.information.linear_probe_path import TEMPERATURES, Entries, Path, SetAside, class_shares, set_aside

HIDDEN = 32
BATCH = 128
EPOCHS = 30
RATE = 6e-3
DECAY = 2.0
"""Chosen on the open sample sets at n = 2,000. Strong decay is what finds a parity among dozens of dimensions; a parity shows in
no validation loss until it is found, so the whole schedule is run and only the best epoch kept."""


def train(scores: Tensor, entries: Entries, seed: int) -> Path:
    """Calibrated logits (n, m, c) of all rows for every entry. scores: (n, r)."""
    n, r = scores.shape
    m, c = entries.labels.shape[1], entries.classes
    generator = torch.Generator(device=scores.device).manual_seed(seed)
    sizes = (r, HIDDEN, HIDDEN, c)
    shapes = list(pairwise(sizes))
    layers = [
        torch.randn(m, before, after, generator=generator, device=scores.device) * (2.0 / before) ** 0.5
        for before, after in shapes
    ]
    layers[-1] *= 0.1
    parameters = [value.requires_grad_() for value in (*layers, *(scores.new_zeros(m, 1, after) for _, after in shapes))]
    optimizer = torch.optim.AdamW(parameters, RATE, weight_decay=DECAY)
    prior = class_shares(entries).log()[:, None]
    most = int(entries.fitted.sum(0).min())
    batch = min(BATCH, max(32, most // 10))
    steps = most // batch
    aside = set_aside(entries)
    best = Path(prior.expand(m, n, c).transpose(0, 1).clone(), scores.new_full((m,), torch.inf))
    for epoch in range(EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * _rate(epoch / EPOCHS)
        order = _orders(entries.fitted, steps * batch, generator)
        for rows in torch.split(order, batch, 1):
            logits = _forward(scores[rows], parameters) + prior
            targets = entries.labels.T.gather(1, rows)
            loss = torch.nn.functional.cross_entropy(logits.reshape(-1, c), targets.reshape(-1), reduction="sum") / batch
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        if (epoch >= EPOCHS // 3 and epoch % 2) or epoch == EPOCHS - 1:
            with torch.no_grad():
                _keep_best(scores, parameters, prior[:, 0], aside, best)
    return best


def _rate(done: float) -> float:
    """Up over the first third of the training, then down along a cosine."""
    rising = 1 / 3
    return 0.1 + 0.9 * done / rising if done < rising else 0.5 + 0.5 * math.cos(math.pi * (done - rising) / (1 - rising))


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
    keys = torch.rand(fitted.T.shape, generator=generator, device=fitted.device)
    keys = torch.where(fitted.T, keys, 2.0)
    return keys.argsort(1)[:, :length]


def _keep_best(scores: Tensor, parameters: list[Tensor], prior: Tensor, aside: SetAside, best: Path) -> None:
    """Take over the entries whose cross-entropy on the rows set aside fell, at the best temperature."""
    loss, temperature = aside.losses(_forward(scores[aside.rows], parameters), prior)
    better = loss < best.chosen_loss - 1e-4
    if not better.any():
        return
    factor = torch.tensor(TEMPERATURES, device=scores.device)[temperature[better]]
    nets = [value[better] for value in parameters]
    raw = _forward(scores.expand(len(factor), -1, -1), nets).transpose(0, 1)
    best.logits[:, better] = raw * factor[:, None] + prior[better]
    best.chosen_loss[better] = loss[better]
