"""The process that draws charts.

    python -m app.chart_files.process FOLDER < drawings.json

Writes one file a drawing into FOLDER, named by its number. Nothing is asked of a network: a chart that names
an address for its data or a picture is an error.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import vl_convert

from app.child_process import REFUSED

PIXELS_AN_INCH = 288
"""Of PNGs: four times the 72 that a chart's own pixels are."""
NOWHERE: list[str] = []
"""Addresses from which a chart may take its data."""


def _svg(spec: dict[str, Any]) -> str:
    """Raises `ValueError` for a chart that cannot be drawn, or that shows a picture, which would be fetched
    when the chart becomes pixels."""
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=NOWHERE)
    if "<image" in svg:  # of a text it would be &lt;image
        raise ValueError("it shows pictures from elsewhere")
    return svg


FORMS: Mapping[str, Callable[[str], bytes]] = {
    "svg": str.encode,
    "png": lambda svg: vl_convert.svg_to_png(svg, ppi=PIXELS_AN_INCH),
    "pdf": vl_convert.svg_to_pdf,
}


def main() -> int:
    """Exit code 0 when all are drawn."""
    folder = Path(sys.argv[1])
    for number, (spec, form) in enumerate(json.load(sys.stdin)):
        try:
            content = FORMS[form](_svg(spec))
        except ValueError as error:
            print(" ".join(str(error).split())[:500], file=sys.stderr)
            return REFUSED
        (folder / str(number)).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
