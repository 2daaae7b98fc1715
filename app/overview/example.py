"""The example study: what a real quick comparison recorded, without its weights, to look around in. The file
beside this one was written by `tests/export_example.py` from runs that were trained."""

import gzip
import json
from functools import partial
from importlib.resources import files
from typing import Any

from app import queries
from app.undo import offer_undo
from storage.bundles import add_bundle
from storage.studies import list_studies
from storage.trash import restore_study, trash_study

FILE = "example.json.gz"
TAG = "example"
NAME = "Example: quick comparison"
QUESTION = "Which method keeps the synergy that no single modality holds?"
NOTE = (
    "The quick comparison as it was trained elsewhere: its figures and curves, no weights. To remove it, "
    "move it to the trash."
)


def read_example() -> dict[str, Any]:
    """The bundle that comes with the studio."""
    packed = files("app.overview").joinpath(FILE).read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(packed))
    return content


def example_there() -> int | None:
    """The number of the example study, where it is loaded."""
    found = [study.id for study in list_studies(queries.database()) if TAG in study.tags]
    return found[0] if found else None


def load_example() -> int:
    """Store the example study; returns its number."""
    return add_bundle(queries.database(), read_example())


def remove_example(study_id: int) -> None:
    """Move it to the trash."""
    trash_study(queries.database(), study_id)
    offer_undo("The example is in the trash.", partial(restore_study, queries.database(), study_id))
