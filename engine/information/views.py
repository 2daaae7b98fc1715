"""The views that a decomposition reads: checked, rotated to their directions, told apart by modality."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.checks import check_features, check_sources, constant_line
from engine.information.kernel_features import kernel_features
from engine.information.outliers import far_rows_line, tame
from engine.information.probes import Features, Prepared, Sources, prepare
from engine.information.students import TAUGHT

SAME_SPAN = 1e-4
"""Mean squared distance of unit directions from a span, below which they lie in it."""


class Exchanged(NamedTuple):
    """Fused representations (n, d) of each sample with one modality of another, drawn at random from all:
    `first` keeps the sample's own first modality, `second` its own second."""

    first: ArrayLike
    second: ArrayLike


class Views(NamedTuple):
    """Prepared views of n samples; the names of those of each modality, students' answers among them; and of
    which views students learn: None where there is no need of them. said: what to tell of the features."""

    prepared: dict[str, Prepared]
    first: list[str]
    second: list[str]
    taught: Sources | None
    n: int
    said: tuple[str, ...] = ()

    def some(self, rows: NDArray[np.bool_]) -> "Views":
        """The views of these samples only."""
        if rows.all():
            return self
        kept = np.flatnonzero(rows)
        prepared = {name: view.some(kept) for name, view in self.prepared.items()}
        return self._replace(prepared=prepared, n=len(kept))


def prepare_views(
    z: ArrayLike,
    z1: ArrayLike | Sequence[Features],
    z2: ArrayLike | Sequence[Features],
    shuffled: ArrayLike | None,
    exchanged: Exchanged | None,
    probe: str,
    device: str,
) -> Views:
    """Views "fused", "both" (z1 and z2 side by side), "z1.0", …, "z2.0", …, and "shuffled" if given. Raises
    `InformationError` for features that cannot be read."""
    said: list[str] = []

    def checked(name: str, features: ArrayLike, n: int | None = None) -> Features:
        values = check_features(name, features, n)
        tamed = tame(values)
        said.extend(line for line in (constant_line(name, values), far_rows_line(name, tamed)) if line)
        return tamed.features

    raw = {"fused": checked("z", z)}
    n = len(raw["fused"])
    names: list[list[str]] = []
    for side, given in (("z1", z1), ("z2", z2)):
        several = check_sources(given)  # type: ignore[arg-type]
        names.append([f"{side}.{number}" for number in range(len(several))])
        raw |= {
            name: checked(side if len(several) == 1 else f"{side}[{number}]", source, n)
            for number, (name, source) in enumerate(zip(names[-1], several, strict=True))
        }
    raw["both"] = np.concatenate([raw["z1.0"], raw["z2.0"]], 1)
    sources = Sources(tuple(names[0]), tuple(names[1]))
    if exchanged is not None:
        for kept, view, listed in zip(("first", "second"), exchanged, names, strict=True):
            values = np.asarray(view)
            if (values != values[0]).any():  # a fusion that heeds the other modality alone tells nothing here
                raw[f"exchanged.{kept}"] = checked(f"z_exchanged.{kept}", view, n)
                listed.append(f"exchanged.{kept}")
    if shuffled is not None:
        raw["shuffled"] = checked("z_shuffled", shuffled, n)
    prepared = prepare(raw, probe, device)
    if exchanged is not None or _side_by_side(prepared):
        return Views(prepared, names[0], names[1], None, n, tuple(said))
    for name in (*sources.first, *sources.second):
        prepared[name] = _bent(prepared[name])
    return Views(prepared, [*names[0], TAUGHT[0]], [*names[1], TAUGHT[1]], sources, n, tuple(said))


def _bent(view: Prepared) -> Prepared:
    """The view with kernel features, which students use whichever the probe."""
    scores = view.scores
    return (
        view
        if scores.kernels
        else Prepared(scores._replace(kernels=kernel_features(scores.plain)), view.same_as)
    )


def _side_by_side(prepared: Mapping[str, Prepared]) -> bool:
    """Whether the fused view and the two single ones side by side are linear maps of each other, so that no
    probe reads a modality with fewer, or otherwise bent, features in the one than in the other."""
    if prepared["both"].same_as == "fused":
        return True
    fused, both = (prepared[name].scores.even for name in ("fused", "both"))
    rank, n = both.shape
    if fused.shape != both.shape or 2 * rank > n:  # any two spans of almost n directions look alike
        return False
    fused_units, both_units = (view / view.norm(dim=1, keepdim=True) for view in (fused, both))
    outside = both_units - (both_units @ fused_units.T) @ fused_units
    return bool(outside.square().sum(1).mean() < SAME_SPAN)
