"""The menu beside a chart: it offers three forms, and makes none before one is asked for."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.chart_files.drawing import file_stem


def _script() -> None:
    import altair as alt
    import polars as pl

    from app.chart_files.menu import chart_menu

    chart = alt.Chart(pl.DataFrame({"x": [1.0]})).mark_point().encode(x="x:Q")
    chart_menu(chart, "Synergy, accuracy", key="a")
    chart_menu(chart, "Synergy, accuracy", key="b")


def test_three_forms_and_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a chart was drawn before anybody asked")

    monkeypatch.setattr("app.chart_files.drawing.run_child", never)
    test = AppTest.from_function(_script, default_timeout=60).run()
    assert not test.exception
    buttons = test.get("download_button")
    assert [button.proto.label for button in buttons] == ["SVG", "PNG", "PDF"] * 2
    assert all(button.proto.deferred_file_id for button in buttons)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Synergy, accuracy", "synergy-accuracy"),
        ("../../etc/passwd", "etc-passwd"),
        ("中文", "chart"),
        ("", "chart"),
        ("x" * 500, "x" * 80),
    ],
)
def test_files_have_safe_names(title: str, stem: str) -> None:
    assert file_stem(title) == stem and Path(stem).name == stem
