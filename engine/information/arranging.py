"""How the samples of a decomposition hang together: named groups, equal rows, a split that was given."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from engine.information.checks import check_groups, check_parts, check_sources
from engine.information.folds import Layout
from engine.information.repeats import copies, copies_line, modality, united


class Arranged(NamedTuple):
    """The layout of n samples, and what to tell of it."""

    layout: Layout
    said: tuple[str, ...]


def arrange(
    views: Sequence[ArrayLike], groups: ArrayLike | None, parts: ArrayLike | None, n: int, folds: int
) -> Arranged:
    """The layout of samples whose views are equal, or which share a group. views: z, z1 and z2, checked; of a
    modality there may be several. Raises `InformationError`."""
    named = check_groups(groups, n, folds if parts is None else 1)
    given = check_parts(parts, n)
    features = [np.asarray(view).reshape(n, -1) for several in views for view in check_sources(several)]  # type: ignore[arg-type]
    repeated = copies([modality(view) for view in features], folds)
    said = [line for line in (copies_line(repeated),) if line]
    if given is not None:
        held = int((given > 0).sum())
        said.append(
            f"the data came with a split, which is kept: {held:,} held-out samples are read, by probes "
            "fitted on the others"
        )
    return Arranged(Layout(united(named, repeated, folds), given), tuple(said))
