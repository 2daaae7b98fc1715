"""The Settings tab of a study: what was set differently."""

from app.comparison.details import show_settings
from app.studies.view import StudyView


def draw(view: StudyView) -> None:
    """The tab."""
    show_settings(view.groups)
