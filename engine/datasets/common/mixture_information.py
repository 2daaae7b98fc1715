"""Information about symbols that two modalities observe through Gaussian noise, by Monte Carlo integration.

Modality k is a mixture: one mean for each (r, u_k, s_k), of a redundant symbol, its own and its part of the
synergy label, all uniform and independent. Posteriors given an observation are finite sums, so that only the
observations are drawn; I(A;Y) = H(Y) − E[H(Y | A)]. The union information of r is that of its two posteriors
in bins, to which is added what the bins lost; of the other labels one modality tells nothing, or all that
there is alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from engine.information.alternating import bracket_marginals
from engine.information.quantised import bin_posterior

Array = NDArray[np.float64]
LN2 = float(np.log(2.0))


class Atoms(NamedTuple):
    """Redundancy, unique information of both modalities and synergy in bits, and what they may be off."""

    redundancy: float
    unique1: float
    unique2: float
    synergy: float
    error: float


def integrate(
    means: tuple[Array, Array],
    noise: float,
    label: NDArray[np.int64],
    draws: int,
    generator: np.random.Generator,
) -> tuple[Atoms, Atoms, Atoms, Atoms]:
    """Of the redundant symbol, the symbols of the first and of the second modality, and the synergy label.

    means: (r, u, s, features) of each modality; noise: deviation of every feature; label: (s, s) of 0 and 1.
    """
    r, u, s = means[0].shape[:3]
    shared, a, b = (generator.integers(size, size=draws) for size in (r, s, s))
    unique = generator.integers(u, size=(2, draws))
    logs1, logs2 = (
        _log_likelihood(mean, (shared, symbols, part), noise, generator)
        for mean, symbols, part in zip(means, unique, (a, b), strict=True)
    )
    of_r = [logsumexp(logs, axis=(2, 3)) for logs in (logs1, logs2)]
    of_u1 = [logsumexp(logs1, axis=(1, 3)), logsumexp(logsumexp(logs1, axis=3) + of_r[1][:, :, None], axis=1)]
    of_u2 = [logsumexp(logs2, axis=(1, 3)), logsumexp(logsumexp(logs2, axis=3) + of_r[0][:, :, None], axis=1)]
    unique1, unique2 = (_unique(*logs) for logs in (of_u1, of_u2))
    return (
        _redundant(*of_r),
        Atoms(0.0, unique1[0], 0.0, *unique1[1:]),
        Atoms(0.0, 0.0, unique2[0], *unique2[1:]),
        _synergistic(logsumexp(logs1, axis=2), logsumexp(logs2, axis=2), label),
    )


def _log_likelihood(
    means: Array, symbols: tuple[NDArray[np.int64], ...], noise: float, generator: np.random.Generator
) -> Array:
    """log p(x | r, u, s) of drawn observations, (draws, r, u, s), up to a number for each draw."""
    flat = means.reshape(-1, means.shape[-1])
    flat = flat - flat.mean(0)
    at = np.ravel_multi_index(symbols, means.shape[:3])
    seen = flat[at] + noise * generator.standard_normal((len(at), flat.shape[1]))
    logs = (seen @ flat.T - 0.5 * (flat**2).sum(1)) / noise**2
    scaled: Array = (logs - logs.max(1, keepdims=True)).reshape(-1, *means.shape[:3])
    return scaled


def _information(logs: Array, entropy: float) -> tuple[float, float]:
    """H(Y) less the mean entropy of posteriors (draws, c), in bits, and its standard error."""
    posterior = logs - logsumexp(logs, axis=1, keepdims=True)
    left = -(np.exp(posterior) * posterior).sum(1) / LN2
    return max(entropy - float(left.mean()), 0.0), float(left.std() / len(left) ** 0.5)


def _unique(alone: Array, both: Array) -> tuple[float, float, float]:
    """What a modality tells of its own symbol, what the other adds (it knows r), and the error."""
    entropy = float(np.log2(alone.shape[1]))
    (single, error1), (whole, error2) = _information(alone, entropy), _information(both, entropy)
    return single, max(whole - single, 0.0), 2 * max(error1, error2)


def _redundant(logs1: Array, logs2: Array) -> Atoms:
    entropy = float(np.log2(logs1.shape[1]))
    told = [_information(logs, entropy) for logs in (logs1, logs2, logs1 + logs2)]
    first, second, whole = (value for value, _ in told)
    tables = [_binned(logs) for logs in (logs1, logs2)]
    low, high, _ = bracket_marginals(*tables)
    binned = max(bracket_marginals(table, table)[0] for table in tables)
    lost = max(max(first, second) - binned, 0.0)
    union = min(max((low + high) / 2 + lost, first, second), first + second, max(whole, first, second))
    return Atoms(
        first + second - union,
        union - second,
        union - first,
        max(whole - union, 0.0),
        2 * max(error for _, error in told) + lost + (high - low) / 2,
    )


def _binned(logs: Array) -> Array:
    """p(bin, y), with p(y) uniform as it is; a bin for each two likeliest symbols in their order."""
    posterior = logs - logsumexp(logs, axis=1, keepdims=True)
    order = np.argsort(posterior, axis=1)
    bins = order[:, -1] * logs.shape[1] + order[:, -2]
    if logs.shape[1] == 2:
        bins = bin_posterior(posterior)
    table = np.stack([np.exp(posterior[bins == number]).sum(0) for number in np.unique(bins)])
    table[table < 1e-9 * table.max()] = 0.0
    balanced: Array = table / table.sum(0) / table.shape[1]
    return balanced


def _synergistic(logs1: Array, logs2: Array, label: NDArray[np.int64]) -> Atoms:
    """Of label[a, b], of which a alone and b alone tell nothing. one, other: (draws, r, s).

    The posterior's mean is known, it is the prior: what the drawn posteriors' mean is off by is taken out by
    regression (a control variate), for with a rare label it is most of the error.
    """
    scaled = [np.exp(logs - logs.max((1, 2), keepdims=True)) for logs in (logs1, logs2)]
    joint = np.einsum("nra,nrb->nab", *scaled)
    prior = float(label.mean())
    posterior = np.clip((joint * label).sum((1, 2)) / joint.sum((1, 2)), 1e-300, 1 - 1e-16)
    told = _entropy_of_two(np.array(prior)) - _entropy_of_two(posterior)
    off = posterior - prior
    spread = float((off**2).mean())
    told -= float((told * off).mean() - told.mean() * off.mean()) / spread * off if spread > 0 else 0.0
    return Atoms(0.0, 0.0, 0.0, max(float(told.mean()), 0.0), 2 * float(told.std()) / len(told) ** 0.5)


def _entropy_of_two(p: Array) -> Array:
    entropy: Array = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return entropy
