"""Charts as files: SVG, PNG and PDF, with their title, drawn without a browser and without a network.

Drawing takes a JavaScript engine and a hundred megabytes, so a process of its own does it, and the dashboard
keeps its memory.
"""

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import altair as alt

from app.chart_files.look import paper_spec
from app.child_process import ChildError, run_child
from engine.errors import UserError

Form = Literal["svg", "png", "pdf"]
MIME: dict[Form, str] = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
PATIENCE = 300.0
"""Seconds after which drawing is given up; a chart takes a second or two, the first some more."""


LONGEST_NAME = 80
"""Characters of a file's name."""


class DrawingError(UserError):
    """Charts that could not be drawn; one line."""


class Drawing(NamedTuple):
    """A chart to be drawn as Vega-Lite, and the form of the file."""

    spec: dict[str, Any]
    form: Form


def chart_file(chart: alt.TopLevelMixin, form: Form, title: str = "") -> bytes:
    """The chart as a file, with its title on top. Letters stay letters in SVG and are drawn in the others.

    Raises `DrawingError`.
    """
    (content,) = draw_all([Drawing(paper_spec(chart, title), form)])
    return content


def draw_all(drawings: Sequence[Drawing]) -> list[bytes]:
    """Each drawing as a file, in their order; one process draws them all. Raises `DrawingError`."""
    if not drawings:
        return []
    with tempfile.TemporaryDirectory(prefix="infmasking-charts-") as work:
        made = Path(work) / "made"
        made.mkdir()
        command = [sys.executable, "-m", "app.chart_files.process", str(made)]
        try:
            run_child(command, json.dumps(drawings), Path(work), PATIENCE)
        except ChildError as error:
            raise DrawingError(f"the chart could not be drawn: {error}") from None
        return [(made / str(number)).read_bytes() for number in range(len(drawings))]


def file_stem(title: str, otherwise: str = "chart") -> str:
    """A title as the name of a file, without its ending: letters, digits and dashes."""
    return re.sub(r"[^\w.]+", "-", title, flags=re.ASCII)[:LONGEST_NAME].strip("-.").lower() or otherwise
