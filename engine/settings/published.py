"""Published results beside which ours are shown; the numbers stand in `engine/presets/published_results.json`.

Sources: Wen, Dai et al., NeurIPS 2025 (arXiv 2509.25270); rows marked as quoted come there from CoMM (arXiv 2409.07402).
"""

import json
from functools import cache
from typing import Any, NamedTuple

from engine.settings.preset import FOLDER


class Published(NamedTuple):
    """A reported mean and standard deviation (None where none is reported), in the unit of the table (per cent unless named)."""

    value: float
    deviation: float | None
    quoted: bool


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((FOLDER / "published_results.json").read_text(encoding="utf-8"))
    return tables


def published_value(table: str | None, method: str, task: str) -> Published | None:
    """What `table` reports for a method, or None.

    table: "trifeature", or "NAME/COLUMN" for the tables with one column a benchmark ("multibench/mosi_acc"), or
    "NAME/COLUMN/MODALITIES" where a method has several rows ("trimodal/ur_funny_acc/3", "mm_imdb/weighted_f1/V+L").
    task: "redundancy", "uniqueness" or "synergy" for Trifeature; ignored where the column says the task.
    """
    if not table:
        return None
    name, column, modalities = (*table.split("/"), "", "")[:3]
    content = _tables()[name]
    for row in content["rows"]:
        if row["method"] != method or (modalities and str(row["modalities"]) != modalities):
            continue
        if column:
            value, deviation = row["values"][content["columns"].index(column)]
        elif task in row:
            value, deviation = row[task]
        else:
            return None
        return Published(value, deviation, bool(row.get("quoted")))
    return None
