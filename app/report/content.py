"""What a report is made of: the runs of a study with their answer, and what is known of where they come from.
No Streamlit here: the page and the command line read the database and hand it over."""

from collections.abc import Sequence
from typing import NamedTuple

from app.comparison.answer import Answer, answer
from app.studies.view import StudyView, view_of
from app.synergy.rows import Combined, Row, combine, read_rows
from engine.errors import UserError
from storage import queries
from storage.artifacts import Artifact, list_artifacts
from storage.clock import now_ms
from storage.database import Database
from storage.queries import Columns
from storage.runs import list_runs
from storage.studies import get_study, members


class ReportError(UserError):
    """A report that cannot be made; one line."""


class Content(NamedTuple):
    """A study to be told. rows: its decompositions, combined: the latest over seeds. artifacts: weights that
    are kept. made_at: UTC milliseconds."""

    view: StudyView
    answer: Answer
    stored: Columns
    rows: Sequence[Row]
    combined: Sequence[Combined]
    artifacts: Sequence[Artifact]
    made_at: int


def content_of(db: Database, view: StudyView, baseline: str | None = None) -> Content:
    """The content of the runs that are looked at; baseline: the label that the others are compared with, by
    default the usual one. Raises `DatabaseError`."""
    stored = queries.decompositions(db, view.ids)
    rows = read_rows(stored)
    combined = combine(view.groups, rows)
    trained = [one for one in combined if one.encoder == "trained"]
    ids = set(view.ids)
    kept = [one for one in list_artifacts(db) if one.run_id in ids and one.kind != "state"]
    return Content(view, answer(view, trained, baseline=baseline), stored, rows, combined, kept, now_ms())


def content_of_study(db: Database, study: int | str, baseline: str | None = None) -> Content:
    """The content of a whole study. Raises `NoSuchStudy`, and `ReportError` where it has no run or no such
    baseline."""
    found = get_study(db, study)
    ids = members(db, found.id)
    runs = list_runs(db, ids=ids) if ids else []
    if not runs:
        raise ReportError(f"study '{found.name}' has no run yet")
    view = view_of(found, runs, queries.results(db, [run.id for run in runs]))
    labels = [group.label for group in view.groups]
    if baseline is not None and baseline not in labels:
        raise ReportError(
            f"no configuration '{baseline}' in this study; choose from {', '.join(labels[:30])}"
        )
    return content_of(db, view, baseline)
