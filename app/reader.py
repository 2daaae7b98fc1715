"""What the reader's browser tells us: the time zone, and whether the page is dark."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def zone() -> tzinfo:
    """The reader's time zone; UTC where the browser names none that this machine knows."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def is_dark() -> bool:
    """Whether the dashboard is shown light on dark."""
    return st.context.theme.type == "dark"
