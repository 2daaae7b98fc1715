"""Rows that dwarf all others in a column, as a value that stands for "missing" does: 999 among values of unit
size."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.files.arrays import COUNTED

FAR = 50.0
"""Standard deviations of the other rows, from their mean, past which a row is pointed at."""
MOST_SHARE = 0.01
"""More rows than this are no exception, unless it is a single one."""
MOST_COLUMNS = 20
"""Columns of a modality that are looked at closely, the most suspicious first."""


class FarValue(NamedTuple):
    """A column with values far from the rest: the first such row, its value, its distance, and how many there
    are."""

    column: int
    row: int
    value: float
    distance: float
    rows: int


def far_values(values: NDArray[Any], scaled: NDArray[np.float32]) -> list[FarValue]:
    """Columns of a modality (n, d), or (n, t, d), in which a few rows lie far from all others, the farthest
    first.

    scaled: the same values, centred and scaled; k far rows of n have about √(n / k) there, so that other
    columns need no closer look.
    """
    n, width = len(values), values.shape[-1]
    peak = np.abs(scaled).reshape(n, -1, width).max(axis=1)
    suspicious = np.flatnonzero(peak.max(axis=0) >= 0.5 * min(np.sqrt(n), 1 / np.sqrt(MOST_SHARE)))
    order = suspicious[np.argsort(-peak[:, suspicious].max(axis=0), kind="stable")][:MOST_COLUMNS]
    farthest = [
        _far(values.reshape(n, -1, width)[:, :, column], peak[:, column], int(column)) for column in order
    ]
    return sorted((far for far in farthest if far is not None), key=lambda far: -far.distance)


def _far(values: NDArray[Any], peak: NDArray[np.float32], column: int) -> FarValue | None:
    """values (n, t) of one column; a row counts by the step that lies farthest."""
    extreme = peak > 0.5 * peak.max()
    if extreme.sum() > max(1, MOST_SHARE * len(peak)):
        return None
    rest = values[~extreme].astype(np.float64)
    deviation = rest.std()
    if deviation == 0:
        return None
    distance = np.abs(values[extreme].astype(np.float64) - rest.mean()) / deviation
    far = distance.max(axis=1) > FAR
    if not far.any():
        return None
    rows = np.flatnonzero(extreme)[far]
    step = distance[far][0].argmax()
    return FarValue(
        column, int(rows[0]), float(values[rows[0], step]), float(distance[far][0].max()), len(rows)
    )


def told(name: str, far_values: list[FarValue], shown: int = 3) -> list[str]:
    """A sentence for each of the first columns, and one that counts the rest."""
    lines = []
    for far in far_values[:shown]:
        others = "; " + show_more(far.rows - 1, "row") + " as far" if far.rows > 1 else ""
        lines.append(
            f"'{name}' holds {far.value:g} in row {far.row:,} ({COUNTED}), column {far.column}: "
            f"{far.distance:,.0f} standard deviations from the mean of the other rows{others}; such a row "
            "dwarfs all others: does it stand for a missing value?"
        )
    if len(far_values) > shown:
        lines.append(f"in '{name}' {show_more(len(far_values) - shown, 'column')} with such rows")
    return lines


def show_more(count: int, noun: str) -> str:
    """ "1 more row is", "2 more rows are"."""
    return f"{count:,} more {noun} is" if count == 1 else f"{count:,} more {noun}s are"
