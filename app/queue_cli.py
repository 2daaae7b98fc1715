"""`infmasking queue`: what waits, in order; move it, give it priority, pause it and go on, empty it."""

from typing import Annotated

import typer

from engine.errors import UserError

queue = typer.Typer(
    name="queue",
    help="What waits for a device: list, order, pause and empty it.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
Runs = Annotated[list[int], typer.Argument(metavar="RUN...", help="Numbers of waiting runs.", min=1)]
StudyName = Annotated[str | None, typer.Option(help="Only the runs that were started in this study.")]
DeviceName = Annotated[str | None, typer.Option(help="Only this device: cuda:0, cuda:1, … or cpu.")]


@queue.callback()
def show(context: typer.Context) -> None:
    """List what waits, in the order in which it will start."""
    if context.invoked_subcommand is None:
        typer.echo("\n".join(_lines()))


@queue.command()
def move(
    runs: Runs,
    before: Annotated[int | None, typer.Option(metavar="RUN", help="Right before this waiting run.")] = None,
    first: Annotated[bool, typer.Option("--first", help="To the front.")] = False,
    last: Annotated[bool, typer.Option("--last", help="To the end.")] = False,
    up: Annotated[bool, typer.Option("--up", help="One place up.")] = False,
    down: Annotated[bool, typer.Option("--down", help="One place down.")] = False,
) -> None:
    """Move waiting runs; their order among themselves stays."""
    from app.home import open_database
    from storage.queue import Direction, move_runs

    chosen: dict[Direction, bool] = {"first": first, "last": last, "up": up, "down": down}
    wanted = [direction for direction, is_wanted in chosen.items() if is_wanted]
    if len(wanted) + (before is not None) != 1:
        raise typer.BadParameter("say where to: one of --before RUN, --first, --last, --up, --down")
    _report(move_runs(open_database(), runs, wanted[0] if wanted else "first", before=before), "moved")


@queue.command(context_settings={"ignore_unknown_options": True})  # -5 is a number here
def priority(
    run: Annotated[int, typer.Argument(metavar="RUN", help="Number of a waiting run.", min=1)],
    value: Annotated[int, typer.Argument(metavar="N", help="The highest goes first.", min=-1000, max=1000)],
) -> None:
    """Give a waiting run a priority; it is 0 unless somebody chose another."""
    from app.home import open_database
    from storage.queue import prioritise_runs

    _report(prioritise_runs(open_database(), [run], value), f"priority {value}")


@queue.command()
def pause(study: StudyName = None, device: DeviceName = None) -> None:
    """Start nothing more, of all, of a study, or on a device; what works goes on."""
    from app.home import open_database
    from storage.pauses import pause as pause_scope

    db = open_database()
    scope, words = _scope(study, device)
    typer.echo(f"{words} paused" if pause_scope(db, scope) else f"{words} was paused already")


@queue.command()
def resume(study: StudyName = None, device: DeviceName = None) -> None:
    """Take a pause back."""
    from app.home import open_database
    from app.training.launching import ensure_supervisor
    from storage.jobs import queued_jobs
    from storage.pauses import resume as resume_scope

    db = open_database()
    scope, words = _scope(study, device)
    if not resume_scope(db, scope):
        raise UserError(f"{words} is not paused")
    if queued_jobs(db, startable=True):
        ensure_supervisor(db)
    typer.echo(f"{words} goes on")


@queue.command()
def empty(study: StudyName = None) -> None:
    """Take everything that waits out of the queue; `infmasking train --run` resumes a run."""
    from app.home import open_database
    from storage.queue import empty_queue
    from storage.studies import get_study

    db = open_database()
    gone = empty_queue(db, None if study is None else get_study(db, study).id)
    typer.echo(f"taken out of the queue: {', '.join(map(str, gone))}" if gone else "nothing waits")


def _scope(study: str | None, device: str | None) -> tuple[str, str]:
    """The scope of a pause, and how it is called."""
    from app.home import open_database
    from storage.pauses import ALL, device_scope, study_scope
    from storage.studies import get_study

    if study is not None and device is not None:
        raise typer.BadParameter("--study or --device, not both")
    if study is not None:
        return study_scope(get_study(open_database(), study).id), f"study '{study}'"
    return (ALL, "the queue") if device is None else (device_scope(device), f"device {device}")


def _report(outcome: object, words: str) -> None:
    """What was done; an error with the reasons when nothing was."""
    from storage.bulk import Outcome

    assert isinstance(outcome, Outcome)
    reasons = "; ".join(refused.reason for refused in outcome.refused)
    if not outcome.done:
        raise UserError(reasons)
    typer.echo(f"run {', '.join(map(str, outcome.done))}: {words}")
    if reasons:
        typer.echo(f"left as it is: {reasons}", err=True)


def _lines() -> list[str]:
    """The queue as a table, a summary below."""
    from app.home import open_database
    from app.queue.view import done_words, queue_view, starts_words, summary
    from app.training.fleet import this_machine
    from app.training.processes import host_name
    from storage.clock import now_ms
    from storage.jobs import active_jobs, queued_jobs
    from storage.pauses import list_pauses
    from storage.runs import list_runs

    db = open_database()
    waiting, active, stored = queued_jobs(db), active_jobs(db), list_runs(db)
    view = queue_view(waiting, active, stored, list_pauses(db), this_machine(), host_name(), now_ms())
    rows = [("RUN", "PRIORITY", "DEVICE", "STARTS", "DONE", "TITLE")]
    for row in view.waiting:
        told = (row.device, starts_words(row), done_words(row), row.run.title)
        rows.append((str(row.run.id), str(row.job.priority), *told))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows] if view.waiting else []
    return [*lines, summary(view)]
