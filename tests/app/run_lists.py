"""What tests do to a list of runs: tick rows by the numbers of their runs, as a reader sees them."""

from streamlit.testing.v1 import AppTest

from app.runs.list_view import DRAWN


def select(test: AppTest, *run_ids: int) -> AppTest:
    """Tick the rows of these runs, as clicks do."""
    drawn = test.session_state[DRAWN]
    rows = [drawn.ids.index(run_id) for run_id in run_ids]
    test.session_state[drawn.key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return test.run()


def button(test: AppTest, label: str):  # type: ignore[no-untyped-def]
    """The button of that name."""
    return next(found for found in test.button if found.label == label)
