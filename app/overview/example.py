"""The example study: what a real quick comparison recorded, without its weights, to look around in.

The bundle beside this file was written by `tests/export_example.py` from runs that were trained.
"""

from importlib.resources import as_file, files

from app import queries
from app.bundles.contents import Reader
from app.bundles.importing import import_runs
from app.bundles.sources import open_source
from storage.arrivals import study_of_uid
from storage.trash import restore_study

FILE = "example.zip"
TAG = "example"
NAME = "Example: quick comparison"
QUESTION = "Which method keeps the synergy that no single modality holds?"
NOTE = (
    "The quick comparison as it was trained elsewhere: its figures and curves, no weights. To remove it, "
    "move it to the trash."
)


def load_example() -> int:
    """Take in the example study, out of the trash where it lies there; returns its number."""
    db = queries.database()
    with as_file(files("app.overview").joinpath(FILE)) as file, open_source(file) as source:
        (example,) = Reader(source).studies()
        there = study_of_uid(db, example.uid)
        if there is not None and there.trashed_at is not None:
            restore_study(db, there.id)
        import_runs(db, source)
    study = study_of_uid(db, example.uid)
    assert study is not None
    return study.id
