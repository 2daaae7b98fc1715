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
from engine.information.class_task import read_class_task
from engine.information.folds import Layout
from engine.information.holm import holm
from engine.information.outliers import far_rows_line, held_in
from engine.information.probes import Features
from engine.information.reading import average, bootstrap_weights
from engine.information.results import InformationError, SampleDecomposition
from engine.information.sample_rows import SampleRows
from engine.information.summary import Ceiling, summarise
from engine.information.value_task import read_value_task
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
    values, index = np.asarray(task.values), np.arange(views.n)
    if task.rows is not None and len(values) == views.n:
        index = index[task.rows]
        values, views, layout = values[task.rows], views.some(task.rows), layout.some(task.rows)
    if views.n < FEWEST:
        raise InformationError(f"{views.n} samples have a label; at least {FEWEST} are needed")
    if task.kind == "regression":
        return _decompose_values(views, task._replace(values=values), layout, settings, seed, began, index)
    columns, kept, warnings = _columns(values, task.kind, views.n, settings)
    views, layout, index = views.some(kept), layout.some(kept), index[kept]
    weights = _weights(layout, views.n, settings, seed)
    columns_read = [
        read_class_task(views, column, layout, settings, seed, weights) for column in columns.values()
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
    decomposition = summarise(
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
    return decomposition.model_copy(
        update={"rows": SampleRows.of(index[layout.scored(views.n)], reading.rows)}
    )


def _weights(layout: Layout, n: int, settings: EstimatorSettings, seed: int) -> Array:
    """Bootstrap weights (draws + 1, s) of the samples that folds score; raises `InformationError` for few."""
    scored = layout.scored(n)
    if len(scored) < FEWEST:
        raise InformationError(f"{len(scored)} held-out samples have a label; at least {FEWEST} are needed")
    return bootstrap_weights(len(scored), settings.draws, layout.some(scored).groups, seed)


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
    index: NDArray[np.int64],
) -> SampleDecomposition:
    weights = _weights(layout, views.n, settings, seed)
    held = held_in(check_values(task.values, views.n))
    targets, said = held.features.astype(np.float64), [*views.said]
    said += [line for line in (far_rows_line("the values to predict", held),) if line]
    if settings.probe == "mlp":
        said.append("a regression is read by ridge regression, whichever probe is named")
    reading = read_value_task(views, targets, layout, settings, seed, weights)
    decomposition = summarise(
        reading.reading,
        reading.per_seed,
        kind="regression",
        n=weights.shape[1],
        classes=0,
        labels=targets.shape[1],
        settings=settings,
        p_information=reading.p_information,
        pairing=reading.pairing,
        permuted=None,
        curve=(),
        ceiling=task.ceiling,
        warnings=said,
        began=began,
        is_traced=views.taught is not None,
    )
    return decomposition.model_copy(
        update={"rows": SampleRows.of(index[layout.scored(views.n)], reading.reading.rows)}
    )
