"""Published results beside which ours are shown; the numbers stand in
`engine/presets/published_results.json`.

Sources: Wen, Dai et al., NeurIPS 2025 (arXiv 2509.25270); rows marked as quoted come there from CoMM (arXiv
2409.07402).
"""

import json
from functools import cache
from typing import Any, NamedTuple

from engine.metric import all_metrics
from engine.presets.preset import FOLDER

ROWS = {("mm_imdb", "cross"): "clip (further trained)"}
"""Rows that a method has under another name: Cross on MM-IMDb is CLIP, trained on with CLIP's loss."""


class Published(NamedTuple):
    """A reported mean and standard deviation (None where none is reported), as results are stored: fractions,
    squared units."""

    value: float
    deviation: float | None
    quoted: bool


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((FOLDER / "published_results.json").read_text(encoding="utf-8"))
    return tables


def published_value(table: str | None, method: str, question: str, metric: str) -> Published | None:
    """What `table` reports for a method, or None where it has no such row or column.

    table: "trifeature", where the question is the column; "mm_imdb", where the metric is; else "NAME/COLUMN"
    for the tables with a column a benchmark ("multibench/mosi_acc"), or "NAME/COLUMN/MODALITIES" where a
    method has several rows ("trimodal/ur_funny_acc/3").
    """
    if not table:
        return None
    name, column, modalities = (*table.split("/"), "", "")[:3]
    content = _tables()[name]
    columns = content["tasks"] if name == "trifeature" else content["columns"]
    column = column or (question if name == "trifeature" else metric)
    if column not in columns or metric != _metric(column):
        return None
    for row in content["rows"]:
        if row["method"] == ROWS.get((name, method), method) and modalities in (
            "",
            str(row.get("modalities")),
        ):
            figures = row[column] if name == "trifeature" else row["values"][columns.index(column)]
            return _in_our_unit(figures, metric, quoted=bool(row.get("quoted")))
    return None


def _metric(column: str) -> str:
    """Of a column of a published table: "mosi_acc" is an accuracy, "vision_touch_position_mse_1e-4" an error.

    Trifeature's columns are named by question.
    """
    return "mse" if "_mse_" in column else column if column in all_metrics() else "accuracy"


def _in_our_unit(figures: tuple[float, float | None], metric: str, *, quoted: bool) -> Published:
    (value, deviation), unit = figures, all_metrics()[metric].reported_scale
    return Published(value * unit, None if deviation is None else deviation * unit, quoted)
