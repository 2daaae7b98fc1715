"""Runs that a study takes in from others, or sends away again: the names of its own runs stay as they are. No
Streamlit here."""

from collections.abc import Sequence

from app.groups.naming import axes_with, read_axes, write_axes
from storage.database import Database
from storage.runs import list_runs
from storage.studies import change_study, get_study, members, take_in


def take_in_runs(db: Database, study_id: int, run_ids: Sequence[int]) -> list[int]:
    """Make runs guests of the study; returns those that were not in it yet. Raises NoSuchStudy, and
    DatabaseError where a run is not there."""
    already = set(members(db, study_id))
    new = [number for number in dict.fromkeys(run_ids) if number not in already]
    take_in(db, study_id, new)
    remember_axes(db, study_id, new)
    return new


def remember_axes(db: Database, study_id: int, new: Sequence[int]) -> None:
    """Give the study the axes by which its runs are named, now that new ones have come: what those differ in
    that were there is named first, so that their names stay."""
    if not new:
        return
    fresh, runs = set(new), list_runs(db, ids=members(db, study_id))
    there = [run for run in runs if run.id not in fresh]
    came = [run for run in runs if run.id in fresh]
    named = axes_with(read_axes(get_study(db, study_id).axes), (), there)
    change_study(db, study_id, axes=write_axes(axes_with(named, there, came)))
