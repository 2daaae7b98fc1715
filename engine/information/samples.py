"""How much of the label's information a representation holds, split into redundant, unique and synergistic
(docs/synergy.md).

The probe-union estimate: the union information depends only on p(x1,y) and p(x2,y), so it is read from
held-out posteriors of the single modalities; what the fused representation tells beyond it is the captured
synergy S_Z. All of it is *usable* information (Xu et al. 2020, arXiv 2002.10689; Hewitt et al. 2021): with
this probe and this many samples. A stronger probe, or more samples, may read more, and seldom less.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.arranging import arrange
from engine.information.averages import mean_control, mean_curve, mean_pairing
from engine.information.checks import FEWEST, check_classes, check_values
from engine.information.controls import learning_curve, permuted_labels
from engine.information.folds import Layout
from engine.information.holm import holm
from engine.information.outliers import far_rows_line, held_in
from engine.information.probes import Features, cross_fit
from engine.information.reading import Reading, average, bootstrap_weights, pool, read_classes, read_values
from engine.information.results import Control, InformationError, LearningPoint, SampleDecomposition
from engine.information.significance import permutation_p
from engine.information.summary import Ceiling, summarise
from engine.information.values import fit_values
from engine.information.views import Exchanged, Views, prepare_views
from engine.settings.decomposition import EstimatorSettings

Kind = Literal["classification", "multilabel", "regression"]
Array = NDArray[np.float64]
GAP_TOLD = 2e-4
"""Bits of the bracket around the union information from which it is told."""


class Labels(NamedTuple):
    """A task's labels: (n,) classes, (n, k) zeros and ones of a multilabel task, or (n,) or (n, k) values of
    a regression. rows: (n,) which samples have a label, None: all; what stands in the others is not read."""

    values: ArrayLike
    kind: Kind = "classification"
    ceiling: Ceiling | None = None
    rows: NDArray[np.bool_] | None = None


def decompose_samples(
    z: ArrayLike,
    z1: ArrayLike | Sequence[Features],
    z2: ArrayLike | Sequence[Features],
    y: ArrayLike,
    *,
    kind: Kind = "classification",
    groups: ArrayLike | None = None,
    parts: ArrayLike | None = None,
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
    what each row belongs to, never torn apart; rows that are equal are not either. parts: (n,) of a split
    that is to be kept, 0 for training and above it what is held out: this is read, by probes that were fitted
    on the rest. ceiling: the synergy there is, in bits. z_shuffled:
    representations of the same samples with modality 2 shuffled within each label, for the test whether
    pairing matters. z_exchanged: representations of the first modality beside another sample's second, and of
    another sample's first beside the second; each is one more view of the modality that is the sample's own,
    read as the fused one is. Where they are not given, and z is not z1 and z2 side by side, students of the
    fused probe stand in for them, and no more synergy is claimed than students of both modalities trace
    (`students.py`). The same input and seed give the same numbers.

    Raises `InformationError` for too few samples, fewer than two classes of a sample a fold, values that are
    no numbers, or lengths that differ.

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
    decompositions = decompose_tasks(
        z,
        z1,
        z2,
        {"y": labels},
        groups=groups,
        parts=parts,
        settings=settings,
        seed=seed,
        device=device,
        z_shuffled=z_shuffled,
        z_exchanged=z_exchanged,
    )
    return decompositions["y"]


def decompose_tasks(
    z: ArrayLike,
    z1: ArrayLike | Sequence[Features],
    z2: ArrayLike | Sequence[Features],
    labels: Mapping[str, Labels],
    *,
    groups: ArrayLike | None = None,
    parts: ArrayLike | None = None,
    settings: EstimatorSettings | None = None,
    seed: int = 0,
    device: str = "cpu",
    z_shuffled: ArrayLike | None = None,
    z_exchanged: Exchanged | None = None,
    refused: dict[str, str] | None = None,
) -> dict[str, SampleDecomposition]:
    """As `decompose_samples`, for several tasks on the same features, which are prepared once; Holm's
    p-values are over these. refused: where given, it is told of every task whose labels cannot be read, and
    why, and the others are read."""
    settings = settings or EstimatorSettings()
    views = prepare_views(z, z1, z2, z_shuffled, z_exchanged, settings.probe, device)
    layout, said = arrange((z, z1, z2), groups, parts, views.n, settings.folds)
    views = views._replace(said=(*views.said, *said))
    decompositions = {}
    for name, task in labels.items():
        try:
            decompositions[name] = _decompose(views, task, layout, settings, seed)
        except InformationError as error:
            if refused is None:
                raise
            refused[name] = str(error)
    corrected = holm([decomposition.p_synergy or 0.0 for decomposition in decompositions.values()])
    return {
        name: decomposition.model_copy(update={"p_synergy_holm": p})
        for (name, decomposition), p in zip(decompositions.items(), corrected, strict=True)
    }


def _decompose(
    views: Views, task: Labels, layout: Layout, settings: EstimatorSettings, seed: int
) -> SampleDecomposition:
    began = time.perf_counter()
    values = np.asarray(task.values)
    if task.rows is not None and len(values) == views.n:
        values, views, layout = values[task.rows], views.some(task.rows), layout.some(task.rows)
    if views.n < FEWEST:
        raise InformationError(f"{views.n} samples have a label; at least {FEWEST} are needed")
    if task.kind == "regression":
        return _decompose_values(views, task._replace(values=values), layout, settings, seed, began)
    columns, kept, warnings = _columns(values, task.kind, views.n, settings)
    views, layout = views.some(kept), layout.some(kept)
    weights = _weights(layout, views.n, settings, seed)
    columns_read = [
        _decompose_classes(views, column, layout, settings, seed, weights) for column in columns.values()
    ]
    reading, classes = (
        average([column.reading for column in columns_read]),
        max(map(np.max, columns.values())) + 1,
    )
    if reading.gap > GAP_TOLD:
        warnings = (
            *warnings,
            f"{classes} classes make tables too large to be solved exactly: the union information is known "
            f"to within {reading.gap:.4f} bit, and its upper bound is taken",
        )
    return summarise(
        reading,
        [
            average(list(of_a_seed))
            for of_a_seed in zip(*(column.per_seed for column in columns_read), strict=True)
        ],
        kind=task.kind,
        n=weights.shape[1],
        classes=int(classes),
        labels=len(columns),
        settings=settings,
        p_information=min(1.0, min(column.p_information for column in columns_read) * len(columns_read)),
        pairing=mean_pairing([column.pairing for column in columns_read]),
        permuted=mean_control([column.permuted for column in columns_read]),
        curve=mean_curve([column.curve for column in columns_read]),
        ceiling=task.ceiling,
        warnings=[*views.said, *warnings],
        began=began,
        is_traced=views.taught is not None,
    )


def _weights(layout: Layout, n: int, settings: EstimatorSettings, seed: int) -> Array:
    """Bootstrap weights (draws + 1, s) of the samples that folds score; raises `InformationError` for few."""
    scored = layout.scored(n)
    if len(scored) < FEWEST:
        raise InformationError(f"{len(scored)} held-out samples have a label; at least {FEWEST} are needed")
    return bootstrap_weights(len(scored), settings.draws, layout.some(scored).groups, seed)


def _fold_seeds(layout: Layout, settings: EstimatorSettings) -> int:
    """How often samples are divided: a split that was given is the same every time."""
    return settings.fold_seeds if layout.parts is None else 1


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
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    weights: Array,
) -> _ClassReading:
    fold_seeds = _fold_seeds(layout, settings)
    fitted = cross_fit(views.prepared, labels, layout, settings, seed, fold_seeds, views.taught)
    logs = {name: pool(by_seed) for name, by_seed in fitted.log_posterior.items()}
    prior = pool(fitted.log_prior)
    scored = layout.scored(views.n)
    seen, groups = labels[scored], layout.some(scored).groups
    read = {name: posterior for name, posterior in logs.items() if name != "shuffled"}
    reading = read_classes(read, prior, seen, weights, views.first, views.second)
    alone = np.ones((1, len(scored)))
    per_seed = [
        read_classes(
            {name: fitted.log_posterior[name][k] for name in read},
            fitted.log_prior[k],
            seen,
            alone,
            views.first,
            views.second,
        )
        for k in range(len(fitted.log_prior))
    ]
    rows = np.arange(len(scored))
    pairing = None
    if "shuffled" in logs:
        gained = (logs["fused"] - logs["shuffled"])[rows, seen]
        pairing = weights @ gained
    gained = fitted.log_posterior["fused"][0] - fitted.log_prior[0]
    return _ClassReading(
        reading,
        per_seed,
        permutation_p(gained, seen, fitted.folds[0], groups, settings.permutations, seed),
        pairing,
        permuted_labels(views.prepared, labels, layout, settings, seed, views.first, views.second)
        if settings.controls
        else None,
        learning_curve(
            views.prepared,
            labels,
            layout,
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


class _Columns(NamedTuple):
    """The classifications (kept,) that make a task, by number; the rows (n,) kept, and what to tell."""

    labels: dict[int, NDArray[np.int64]]
    kept: NDArray[np.bool_]
    said: tuple[str, ...]


def _columns(values: NDArray[Any], kind: Kind, n: int, settings: EstimatorSettings) -> _Columns:
    """Samples of classes, and labels of a multilabel task, that are too rare are left out."""
    if kind == "classification":
        checked = check_classes(values, n, settings.folds)
        return _Columns({0: checked.labels}, checked.kept, checked.said)
    if values.ndim != 2 or len(values) != n or not np.isin(values, (0, 1)).all():
        raise InformationError(
            f"a multilabel task needs zeros and ones of shape ({n}, labels); got shape {values.shape}"
        )
    values = values.astype(np.int64)
    positive = values.sum(0)
    common = np.flatnonzero((positive >= settings.folds) & (n - positive >= settings.folds))
    if len(common) == 0:
        raise InformationError(
            f"no label has {settings.folds} positive and {settings.folds} negative samples"
        )
    rare = values.shape[1] - len(common)
    said = f"{rare} labels left out: fewer than {settings.folds} positive or negative samples"
    return _Columns({int(k): values[:, k] for k in common}, np.ones(n, bool), (said,) if rare else ())


def _decompose_values(
    views: Views,
    task: Labels,
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    began: float,
) -> SampleDecomposition:
    weights = _weights(layout, views.n, settings, seed)
    held = held_in(check_values(task.values, views.n))
    targets, said = held.features.astype(np.float64), [*views.said]
    said += [line for line in (far_rows_line("the values to predict", held),) if line]
    if settings.probe == "mlp":
        said.append("a regression is read by ridge regression, whichever probe is named")
    fold_seeds = _fold_seeds(layout, settings)
    errors, prior = fit_values(views.prepared, targets, layout, settings, seed, fold_seeds, views.taught)
    pooled = {name: by_seed.mean(0) for name, by_seed in errors.items()}
    reading = average(read_values(pooled, prior.mean(0), weights, views.first, views.second))
    alone = np.ones((1, weights.shape[1]))
    per_seed = [
        average(
            read_values(
                {name: by_seed[k] for name, by_seed in errors.items()},
                prior[k],
                alone,
                views.first,
                views.second,
            )
        )
        for k in range(fold_seeds)
    ]
    informed = (prior.mean(0) - pooled["fused"]).mean(1)
    return summarise(
        reading,
        per_seed,
        kind="regression",
        n=weights.shape[1],
        classes=0,
        labels=targets.shape[1],
        settings=settings,
        p_information=float((1 + (weights[1:] @ informed <= 0).sum()) / len(weights)),
        pairing=(weights @ (pooled["shuffled"] - pooled["fused"]).mean(1)) if "shuffled" in pooled else None,
        permuted=None,
        curve=(),
        ceiling=task.ceiling,
        warnings=said,
        began=began,
        is_traced=views.taught is not None,
    )
