"""The Runs tab of a study: every run that is looked at, and what can be done with those selected."""

from app.runs.filters import choose_filters
from app.runs.list_view import show_runs
from app.studies.view import StudyView
from storage.clock import now_ms


def draw(view: StudyView) -> None:
    """The tab. Runs are called as everywhere in the study."""
    names = {run.id: view.labels[run.digest] for run in view.runs}
    show_runs(view.runs, choose_filters(view.runs), now_ms(), names)
