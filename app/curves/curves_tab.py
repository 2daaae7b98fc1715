"""The Curves tab of a study."""

from app.comparison.details import show_curves
from app.studies.view import StudyView


def draw(view: StudyView) -> None:
    """The tab."""
    show_curves(view.groups)
