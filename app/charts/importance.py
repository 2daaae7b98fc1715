"""A bar a setting with its interval: how much of what differs between configurations involves it."""

import altair as alt
import polars as pl

from app.charts.comparison import Layers
from app.charts.style import ACCENT, INK, PADDING

SHARES = {
    "setting": pl.String,
    "share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "shown": pl.String,
}
"""Shares of variance in per cent, with what the tooltip says."""
ROW = 34


def importance_chart(shares: pl.DataFrame) -> Layers:
    """The chart. shares: `SHARES`, the largest first."""
    x_title = "share of the variance between configurations that involves the setting, %"
    x = alt.X("share:Q", title=x_title, axis=alt.Axis(tickCount=6))
    base = alt.Chart(shares).encode(
        y=alt.Y("setting:N", sort=shares["setting"].to_list(), title=None, axis=alt.Axis(labelLimit=200)),
        tooltip=[alt.Tooltip("setting:N", title="Setting"), alt.Tooltip("shown:N", title="Share [95 %]")],
    )
    layers = [
        base.mark_bar(color=ACCENT, opacity=0.75, height=14).encode(x=x),
        base.mark_rule(color=INK, strokeWidth=2).encode(x=alt.X("low:Q", title=x_title), x2=alt.X2("high:Q")),
        *(
            base.mark_tick(color=INK, thickness=2, size=12).encode(x=alt.X(f"{end}:Q", title=x_title))
            for end in ("low", "high")
        ),
    ]
    return alt.LayerChart(layer=layers, height=ROW * shares.height + 50, padding=PADDING | {"bottom": 8})
