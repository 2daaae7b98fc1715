"""One quantity over two settings: what each cell of a heat map averages over. No Streamlit here.

Cells are compared with each other, so that each is the average over the combinations of the other settings
that *every* measured cell has. Where there is none, a cell is the mean of what was measured in it, which is
said.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.groups.grouping import Group
from app.sweep.axes import Setting
from app.sweep.points import Point, in_words, point_of
from app.sweep.questions import Question
from app.wording.names import method_label


class Cells(NamedTuple):
    """points: by (value of x, value of y), as text; said: what they average over, empty for nothing."""

    points: Mapping[tuple[str, str], Point]
    said: str


def cells_of(
    groups: Sequence[Group], question: Question, x: Setting, y: Setting, settings: Sequence[Setting]
) -> Cells:
    """The cells of one method's configurations, which have both settings. settings: all that are swept."""
    able = [group for group in groups if question.of_group(group)]
    digests = [group.digest for group in able]
    others = [
        other
        for other in settings
        if other.path not in (x.path, y.path) and len({other.shown(digest) for digest in digests}) > 1
    ]
    cells: dict[tuple[str, str], dict[tuple[str, ...], list[Group]]] = {}
    for group in able:
        combination = tuple(other.shown(group.digest) for other in others)
        place = (x.shown(group.digest), y.shown(group.digest))
        cells.setdefault(place, {}).setdefault(combination, []).append(group)
    if not cells:
        return Cells({}, "")
    shared = set.intersection(*(set(cell) for cell in cells.values()))
    every = {combination for cell in cells.values() for combination in cell}
    points = {
        place: point_of(
            x, question, [g for name, part in cell.items() if name in (shared or every) for g in part]
        )
        for place, cell in cells.items()
    }
    return Cells(
        points, _said(method_label(able[0].method), others, len(shared), len(every)) if others else ""
    )


def _said(method: str, others: Sequence[Setting], shared: int, every: int) -> str:
    over = in_words(others)
    if not shared:
        return (
            f"{method}: no combination of {over} was measured in every cell, so each cell is the mean of "
            "what was measured in it, and cells differ in that too."
        )
    said = f"{method}: each cell is averaged over {shared} combination{'s' * (shared > 1)} of {over}"
    if every > shared:
        others_are = "1 other is" if every == shared + 1 else f"{every - shared} others are"
        said += f", which every cell has; {others_are} left out"
    return f"{said}."
