"""How much of the label's information a representation holds, split into redundant, unique and synergistic
(docs/synergy.md).

The probe-union estimate: the union information depends only on p(x1,y) and p(x2,y), so it is read from
held-out posteriors of the single modalities; what the fused representation tells beyond it is the captured
synergy S_Z. All of it is *usable* information (Xu et al. 2020, arXiv 2002.10689; Hewitt et al. 2021): with
this probe and this many samples. A stronger probe, or more samples, may read more, and seldom less.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.averages import mean_control, mean_curve, mean_pairing
from engine.information.checks import check_classes, check_groups, check_values
from engine.information.controls import learning_curve, permuted_labels
from engine.information.probes import Features, cross_fit
from engine.information.reading import Reading, average, bootstrap_weights, pool, read_classes, read_values
from engine.information.results import Control, InformationError, LearningPoint, SampleDecomposition
from engine.information.significance import holm, permutation_p
from engine.information.summary import Ceiling, summarise
from engine.information.values import fit_values
from engine.information.views import Exchanged, Views, prepare_views
from engine.settings.decomposition import EstimatorSettings

Kind = Literal["classification", "multilabel", "regression"]
Array = NDArray[np.float64]


class Labels(NamedTuple):
    """A task's labels: (n,) classes, (n, k) zeros and ones of a multilabel task, or (n,) or (n, k) values of
    a regression."""

    values: ArrayLike
    kind: Kind = "classification"
    ceiling: Ceiling | None = None


def decompose_samples(
    z: ArrayLike,
    z1: ArrayLike | Sequence[Features],
    z2: ArrayLike | Sequence[Features],
    y: ArrayLike,
    *,
    kind: Kind = "classification",
    groups: ArrayLike | None = None,
    settings: EstimatorSettings | None = None,
    seed: int = 0,
    device: str = "cpu",
    ceiling: float | None = None,
    ceiling_kind: Literal["exact", "estimate"] = "exact",
    z_shuffled: ArrayLike | None = None,
    z_exchanged: Exchanged | None = None,
) -> SampleDecomposition:
    """Split what a representation tells about one task.

    z: (n, d) fused representation; z1, z2: of each modality alone, (n, d_k), or several views of it, of which
    the one that tells more is used (an under-read modality would inflate synergy). y: labels. groups: (n,)
    source sample of each row, never torn apart by folds. ceiling: the synergy there is, in bits. z_shuffled:
    representations of the same samples with modality 2 shuffled within each label, for the test whether
    pairing matters. z_exchanged: representations of the first modality beside another sample's second, and of
    another sample's first beside the second; each is one more view of the modality that is the sample's own,
    read as the fused one is. Where they are not given, and z is not z1 and z2 side by side, students of the
    fused probe stand in for them, and no more synergy is claimed than students of both modalities trace
    (`students.py`). The same input and seed give the same numbers.

    Raises `InformationError` for too few samples, one class, a class smaller than the folds, values that are
    no numbers, constant features, or lengths that differ.

    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> a, b = draw.integers(0, 2, (2, 1000))
    >>> noise = 0.3 * draw.standard_normal((1000, 3))
    >>> fused = np.stack([a, b, a ^ b], 1) + noise
    >>> found = decompose_samples(fused, fused[:, :1], fused[:, 1:2], a ^ b)
    >>> found.synergy.value > 0.5, found.redundancy.value < 0.01
    (True, True)
    """
    labels = Labels(y, kind, None if ceiling is None else Ceiling(ceiling, ceiling_kind))
    found = decompose_tasks(
        z,
        z1,
        z2,
        {"y": labels},
        groups=groups,
        settings=settings,
        seed=seed,
        device=device,
        z_shuffled=z_shuffled,
        z_exchanged=z_exchanged,
    )
    return found["y"]


def decompose_tasks(
    z: ArrayLike,
    z1: ArrayLike | Sequence[Features],
    z2: ArrayLike | Sequence[Features],
    labels: Mapping[str, Labels],
    *,
    groups: ArrayLike | None = None,
    settings: EstimatorSettings | None = None,
    seed: int = 0,
    device: str = "cpu",
    z_shuffled: ArrayLike | None = None,
    z_exchanged: Exchanged | None = None,
) -> dict[str, SampleDecomposition]:
    """As `decompose_samples`, for several tasks on the same features, which are prepared once; Holm's
    p-values are over these."""
    settings = settings or EstimatorSettings()
    views = prepare_views(z, z1, z2, z_shuffled, z_exchanged, settings.probe, device)
    numbers = check_groups(groups, views.n, settings.folds)
    found = {name: _decompose(views, task, numbers, settings, seed) for name, task in labels.items()}
    corrected = holm([one.p_synergy or 0.0 for one in found.values()])
    return {
        name: one.model_copy(update={"p_synergy_holm": p})
        for (name, one), p in zip(found.items(), corrected, strict=True)
    }


def _decompose(
    views: Views, task: Labels, groups: NDArray[np.int64] | None, settings: EstimatorSettings, seed: int
) -> SampleDecomposition:
    began = time.perf_counter()
    weights = bootstrap_weights(views.n, settings.draws, groups, seed)
    if task.kind == "regression":
        return _decompose_values(views, task, groups, settings, seed, weights, began)
    columns = _columns(task, views.n, settings)
    found = [
        _decompose_classes(views, column, groups, settings, seed, weights) for column in columns.values()
    ]
    warnings = []
    if task.kind == "multilabel" and len(columns) < np.shape(task.values)[1]:
        warnings.append(
            f"{np.shape(task.values)[1] - len(columns)} labels left out: fewer than {settings.folds} "
            "positive or negative samples"
        )
    return summarise(
        average([one.reading for one in found]),
        [average([one.per_seed[number] for one in found]) for number in range(settings.fold_seeds)],
        kind=task.kind,
        n=views.n,
        classes=max(int(column.max()) + 1 for column in columns.values()),
        labels=len(columns),
        settings=settings,
        p_information=min(1.0, min(one.p_information for one in found) * len(found)),
        pairing=mean_pairing([one.pairing for one in found]),
        permuted=mean_control([one.permuted for one in found]),
        curve=mean_curve([one.curve for one in found]),
        ceiling=task.ceiling,
        warnings=warnings,
        began=began,
        is_traced=views.taught is not None,
    )


class _ClassReading(NamedTuple):
    reading: Reading
    per_seed: list[Reading]
    p_information: float
    pairing: Array | None
    permuted: Control | None
    curve: tuple[LearningPoint, ...]


def _decompose_classes(
    views: Views,
    labels: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    settings: EstimatorSettings,
    seed: int,
    weights: Array,
) -> _ClassReading:
    fitted = cross_fit(views.prepared, labels, groups, settings, seed, settings.fold_seeds, views.taught)
    logs = {name: pool(own) for name, own in fitted.log_posterior.items()}
    prior = pool(fitted.log_prior)
    read = {name: own for name, own in logs.items() if name != "shuffled"}
    reading = read_classes(read, prior, labels, weights, views.first, views.second)
    alone = np.ones((1, views.n))
    per_seed = [
        read_classes(
            {name: fitted.log_posterior[name][k] for name in read},
            fitted.log_prior[k],
            labels,
            alone,
            views.first,
            views.second,
        )
        for k in range(settings.fold_seeds)
    ]
    rows = np.arange(views.n)
    pairing = None
    if "shuffled" in logs:
        gained = (logs["fused"] - logs["shuffled"])[rows, labels]
        pairing = weights @ gained
    gained = fitted.log_posterior["fused"][0] - fitted.log_prior[0]
    return _ClassReading(
        reading,
        per_seed,
        permutation_p(gained, labels, fitted.folds[0], settings.permutations, seed),
        pairing,
        permuted_labels(views.prepared, labels, groups, settings, seed, views.first, views.second)
        if settings.controls
        else None,
        learning_curve(
            views.prepared,
            labels,
            groups,
            settings,
            seed,
            views.first,
            views.second,
            per_seed[0],
            views.taught,
        )
        if settings.curve
        else (),
    )


def _columns(task: Labels, n: int, settings: EstimatorSettings) -> dict[int, NDArray[np.int64]]:
    """The classifications that a task consists of; labels of a multilabel task that are too rare are left
    out."""
    if task.kind == "classification":
        return {0: check_classes(task.values, n, settings.folds)[0]}
    values = np.asarray(task.values)
    if values.ndim != 2 or len(values) != n or not np.isin(values, (0, 1)).all():
        raise InformationError(
            f"a multilabel task needs zeros and ones of shape ({n}, labels); got shape {values.shape}"
        )
    positive = values.sum(0)
    kept = np.flatnonzero((positive >= settings.folds) & (n - positive >= settings.folds))
    if len(kept) == 0:
        raise InformationError(
            f"no label has {settings.folds} positive and {settings.folds} negative samples"
        )
    return {int(k): values[:, k].astype(np.int64) for k in kept}


def _decompose_values(
    views: Views,
    task: Labels,
    groups: NDArray[np.int64] | None,
    settings: EstimatorSettings,
    seed: int,
    weights: Array,
    began: float,
) -> SampleDecomposition:
    targets = check_values(task.values, views.n)
    errors, prior = fit_values(
        views.prepared, targets, groups, settings, seed, settings.fold_seeds, views.taught
    )
    pooled = {name: own.mean(0) for name, own in errors.items()}
    reading = average(read_values(pooled, prior.mean(0), weights, views.first, views.second))
    alone = np.ones((1, views.n))
    per_seed = [
        average(
            read_values(
                {name: own[k] for name, own in errors.items()}, prior[k], alone, views.first, views.second
            )
        )
        for k in range(settings.fold_seeds)
    ]
    informed = (prior.mean(0) - pooled["fused"]).mean(1)
    return summarise(
        reading,
        per_seed,
        kind="regression",
        n=views.n,
        classes=0,
        labels=targets.shape[1],
        settings=settings,
        p_information=float((1 + (weights[1:] @ informed <= 0).sum()) / len(weights)),
        pairing=(weights @ (pooled["shuffled"] - pooled["fused"]).mean(1)) if "shuffled" in pooled else None,
        permuted=None,
        curve=(),
        ceiling=task.ceiling,
        warnings=["a regression is read by ridge regression, whichever probe is named"]
        if settings.probe == "mlp"
        else [],
        began=began,
        is_traced=views.taught is not None,
    )
