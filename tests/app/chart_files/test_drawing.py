"""Charts as files: each form opens as what it is, has its title, and nothing is asked of a network."""

import io
import socket
import xml.etree.ElementTree as ElementTree
import zlib

import altair as alt
import polars as pl
import pytest
from PIL import Image

from app.chart_files.drawing import Drawing, DrawingError, Form, chart_file, draw_all
from app.chart_files.look import paper_spec
from app.charts.curves import POINTS, Line, line_chart

FORMS: tuple[Form, ...] = ("svg", "png", "pdf")
HOSTILE = "</svg><script>alert(1)</script> & \"σ²\" 'x' ]]> 中文"
SVG = "{http://www.w3.org/2000/svg}"


def _chart(group: str = "InfMasking") -> alt.LayerChart:
    frame = pl.DataFrame({"group": [group], "value": [1.0]})
    bar = alt.Chart(frame).mark_bar().encode(x=alt.X("value:Q", title="accuracy, %"), y="group:N")
    return alt.layer(bar)


def _texts(svg: bytes) -> str:
    return " ".join(element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_every_form_is_what_it_says() -> None:
    spec = paper_spec(_chart(), "What differs")
    svg, png, pdf = draw_all([Drawing(spec, "svg"), Drawing(spec, "png"), Drawing(spec, "pdf")])
    assert "What differs" in _texts(svg) and "InfMasking" in _texts(svg)
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG" and image.width > 1_500
        assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert pdf.startswith(b"%PDF-") and b"/FontFile" in _inflated(pdf)


def _inflated(pdf: bytes) -> bytes:
    """The file with its compressed parts beside it, in which objects may stand."""
    parts = [pdf]
    for part in pdf.split(b"stream\n")[1:]:
        try:
            parts.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_a_hostile_title_and_name_are_text() -> None:
    svg = chart_file(_chart(HOSTILE), "svg", HOSTILE)
    elements = {element.tag for element in ElementTree.fromstring(svg).iter()}
    assert not {f"{SVG}script", "script", f"{SVG}foreignObject"} & elements
    assert "alert(1)" in _texts(svg) and "中文" in _texts(svg)


def test_nothing_is_asked_of_a_network() -> None:
    """A chart that names addresses for data or for a picture is an error, and nobody calls there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        data = alt.Chart(f"{address}/data.csv").mark_point().encode(x="a:Q")
        picture = alt.Chart(pl.DataFrame({"u": [f"{address}/x.png"]})).mark_image().encode(url="u:N")
        for chart, why in ((data, "not allowed"), (picture, "pictures from elsewhere")):
            for form in FORMS:
                with pytest.raises(DrawingError, match=f"the chart could not be drawn: .*{why}"):
                    chart_file(chart, form)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_what_cannot_be_drawn_is_one_line() -> None:
    with pytest.raises(DrawingError, match="the chart could not be drawn"):
        draw_all([Drawing({"mark": "no such mark"}, "svg")])
    assert draw_all([]) == []


def test_what_only_a_pointer_shows_is_left_out() -> None:
    points = pl.DataFrame(
        {"line": ["training"] * 400, "step": range(400), "value": [1.0 / (1 + i) for i in range(400)]},
        schema=POINTS,
    )
    chart = line_chart(points, [Line("training", "#4A84A8")], "loss")
    assert "params" in chart.to_dict() and "params" not in paper_spec(chart)
    svg = chart_file(chart, "svg", "Loss")
    assert len(svg) < 20_000
    paths = [e for e in ElementTree.fromstring(svg).iter(f"{SVG}path") if e.get("stroke") == "#4A84A8"]
    assert paths
