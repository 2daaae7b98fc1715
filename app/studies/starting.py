"""Starting runs in a study, from a page or the command line: stored, queued, named by the study's axes, and a
supervisor is there to take them."""

from collections.abc import Sequence

from app.studies.guests import remember_axes
from app.training.configuring import Planned
from app.training.launching import ensure_supervisor, new_run, resume
from engine.presets.expansion import PlannedRun
from engine.presets.preset import StudyPlan
from storage.clock import now_ms
from storage.database import Database
from storage.runs import create_runs, list_runs, live_state
from storage.starting import Started, start_missing

INTERRUPTED = ("failed", "stopped", "lost")


def start_runs(db: Database, planned: Sequence[Planned]) -> list[int]:
    """Store and queue runs, each in the study of its name; returns their numbers."""
    known: dict[str, str] = {}
    ids = create_runs(db, [new_run(one, known=known) for one in planned])
    for study_id in dict.fromkeys(run.study_id for run in list_runs(db, ids=ids)):
        remember_axes(db, study_id, ids)
    ensure_supervisor(db)
    return ids


def start_plan(
    db: Database,
    plan: StudyPlan,
    runs: Sequence[PlannedRun],
    study: int | None = None,
    *,
    fresh: bool = False,
) -> Started:
    """Store the plan and queue those of its runs that its study lacks, all or nothing.

    study: a study that the runs come to, which keeps its own plan and question; by default the one of the
    plan's name, which takes this plan. fresh: there must be none of that name. Raises NameTaken, and
    `DatasetError` where the settings name other data than are there.
    """
    known: dict[str, str] = {}
    new = [new_run(Planned(plan.name, run.settings, run.preset), known=known) for run in runs]
    started = start_missing(
        db,
        plan.name if study is None else study,
        new,
        fresh=fresh,
        question=(plan.question or None) if study is None else None,
        plan=plan.model_dump(mode="json") if study is None else None,
    )
    remember_axes(db, started.study, started.started)
    ensure_supervisor(db)
    return started


def go_on(db: Database, run_ids: Sequence[int]) -> list[int]:
    """Queue those of the runs again that ended without finishing; returns their numbers."""
    again = [run.id for run in list_runs(db, ids=run_ids) if live_state(run, now_ms()) in INTERRUPTED]
    for run_id in sorted(again):
        resume(db, run_id)
    return sorted(again)
