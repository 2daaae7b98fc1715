"""Method styles: fixed, distinct, and readable on both backgrounds."""

import itertools
import tomllib
from pathlib import Path

import pytest

from app.charts import style
from engine.presets.preset import method_names

CONFIG = tomllib.loads((Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text())
BACKGROUNDS = [CONFIG["theme"][mode]["backgroundColor"] for mode in ("light", "dark")]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("colour", [style.ACCENT, style.INK, *style.QUIET])
def test_every_colour_is_seen_on_light_and_dark(colour: str, background: str) -> None:
    assert contrast(colour, background) >= 3.0


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_has_high_contrast(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(theme["textColor"], theme[surface]) >= 10
        assert contrast(theme["primaryColor"], theme[surface]) >= 4.5


def test_methods_differ_in_colour_dash_and_shape() -> None:
    styles = [style.method_style(name) for name in method_names()]
    for one, other in itertools.combinations(styles, 2):
        assert (
            one.colour != other.colour
            and one.dash != other.dash
            and one.shape != other.shape
            and one.label != other.label
        )


def test_only_the_first_method_is_the_accent() -> None:
    first, *others = method_names()
    assert style.method_style(first).colour == style.ACCENT
    assert style.method_style(first).dash == (1, 0)
    assert all(style.method_style(name).colour in style.QUIET for name in others)


def test_labels_are_those_of_the_papers() -> None:
    expected = {
        "infmasking": "InfMasking",
        "comm": "CoMM",
        "cross": "Cross",
        "cross_self": "Cross+Self",
        "cmc": "CMC",
    }
    expected |= {
        "simclr": "SimCLR",
        "slip": "SLIP",
        "factorcl": "FactorCL",
        "mae": "MAE",
        "supervised": "Supervised",
        "comm_align": "CoMM-Align",
        "hril": "HRIL",
        "synib": "SynIB",
    }
    assert {name: style.method_label(name) for name in method_names()} == {
        name: expected[name] for name in method_names()
    }


def test_a_method_of_an_older_version_keeps_a_style() -> None:
    gone = style.method_style("no_longer_there")
    assert gone.label == "no_longer_there"
    assert gone == style.method_style("no_longer_there")
    assert style.in_order(["no_longer_there", "cross", "infmasking"]) == [
        "infmasking",
        "cross",
        "no_longer_there",
    ]


def test_a_scale_does_not_depend_on_who_is_shown_beside() -> None:
    for shown in (["comm"], ["cross", "comm"]):
        scale = style.method_colour(shown).to_dict()["scale"]
        assert (
            dict(zip(scale["domain"], scale["range"], strict=True))["CoMM"]
            == style.method_style("comm").colour
        )


def test_the_eleventh_method_looks_like_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours come again after nine quiet methods; dash and shape do not with the same colour."""
    many = [*method_names(), *(f"method {number}" for number in range(30))]
    monkeypatch.setattr(style, "method_names", lambda: many)
    style.method_style.cache_clear()
    try:
        looks = [style.method_style(name)[1:] for name in [*many, "no_longer_there"]]
    finally:
        style.method_style.cache_clear()
    for one, other in itertools.combinations(looks, 2):
        assert one[0] != other[0] or (one[1] != other[1] and one[2] != other[2])


def test_groups_of_one_method_share_its_colour_and_nothing_else() -> None:
    styles = style.group_styles(
        [("a", "comm"), ("b", "comm"), ("c", "comm"), ("d", "infmasking"), ("e", "infmasking")]
    )
    assert styles["a"] == style.method_style("comm")
    for one, other in itertools.combinations([styles["a"], styles["b"], styles["c"]], 2):
        assert one.colour == other.colour and one.dash != other.dash and one.shape != other.shape
    assert styles["d"].dash != styles["e"].dash and styles["e"].colour == style.ACCENT
