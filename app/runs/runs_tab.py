"""The Runs tab of a study: every run that is looked at, and what can be done with those selected."""

from app.runs.list_view import show_runs
from app.studies.view import StudyView
from storage.clock import now_ms


def draw(view: StudyView) -> None:
    """The tab."""
    show_runs(view.runs, now_ms())
