"""Commands that start runs, look at them, and probe and decompose what they trained."""

import contextlib
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import DataChanges, Kind, RunNumber

commands = typer.Typer()


@commands.command()
def train(
    preset: Annotated[
        str | None, typer.Option(help="Named experiment to start from; `infmasking presets` lists them.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML or JSON file of settings, laid over the preset if one is named.")
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Objective; may be repeated. Default: the preset's.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed; may be repeated. Default: the preset's.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="A setting, as TOML; may be repeated."),
    ] = None,
    run: Annotated[
        int | None, typer.Option(help="A run there is: follow it, and resume it if it was interrupted.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start and return; do not follow.")] = False,
    job: Annotated[
        int | None, typer.Option(hidden=True, help="The supervisor's: train this job in this very process.")
    ] = None,
) -> None:
    """Start runs and follow them; Ctrl-C stops them after a checkpoint, a second Ctrl-C at once."""
    from app.home import data_home, open_database
    from app.studies.starting import start_runs
    from app.training.configuring import plan_runs
    from app.training.following import follow  # here, so that Ctrl-C finds it as soon as there are runs
    from app.training.launching import resume

    new = [preset, config, method, seed, set_]
    if run is not None and any(new):
        raise typer.BadParameter(
            "a run there is already has its settings; leave out --preset, --config, --method, --seed and "
            "--set"
        )
    if run is not None and job is not None:
        from app.training.train import train_run

        raise typer.Exit(train_run(open_database(), data_home(), run, job))
    planned = [] if run is not None else plan_runs(preset, config, method or [], seed or [], set_ or [])
    db = open_database()
    ids = start_runs(db, planned) if run is None else resume(db, run)
    if planned:
        typer.echo("\n".join(f"run {number}: {one.title}" for number, one in zip(ids, planned, strict=True)))
    if not detach:
        raise typer.Exit(follow(db, ids, typer.echo))


@commands.command()
def probe(run: RunNumber, kind: Kind = None, data: DataChanges = None) -> None:
    """Fit the linear probes of a run's checkpoint again."""
    from app.home import data_home, open_database
    from app.training.configuring import parse_data
    from app.training.probing import probe_run

    probe_run(open_database(), data_home(), run, kind, parse_data(data or []))


@commands.command()
def decompose(
    run: RunNumber,
    kind: Kind = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the decomposition, such as folds=10."),
    ] = None,
    data: DataChanges = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON array with everything that is stored.")
    ] = False,
) -> None:
    """Split what a run's checkpoint tells of each task into redundancy, uniqueness and synergy, in bits."""
    from app.home import data_home, open_database
    from app.synergy.listing import as_lines
    from app.training.configuring import parse_assignment, parse_data
    from app.training.probing import decompose_run
    from storage.queries import decompositions

    changes = {
        path.removeprefix("decomposition."): value for path, value in map(parse_assignment, set_ or [])
    }
    db, there = open_database(), parse_data(data or [])
    if as_json:
        with contextlib.redirect_stdout(sys.stderr):
            decompose_run(db, data_home(), run, kind, changes, there)
    else:
        decompose_run(db, data_home(), run, kind, changes, there)
    found = decompositions(db, [run])
    if as_json:
        rows = [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        typer.echo(json.dumps(rows, indent=2))
    else:
        typer.echo("\n".join(as_lines(found)))


@commands.command()
def runs(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON array with everything that is stored.")
    ] = False,
) -> None:
    """List the runs, newest first."""
    from app.home import open_database
    from storage.clock import now_ms
    from storage.runs import list_runs, live_state

    found, now = list_runs(open_database()), now_ms()
    if as_json:
        typer.echo(json.dumps([asdict(run) | {"state": live_state(run, now)} for run in found], indent=2))
        return
    if not found:
        typer.echo("no runs yet; start some with: infmasking train --preset bits-quick")
        return
    rows = [("RUN", "STATE", "DONE", "CREATED", "TITLE")]
    for run in found:
        done = f"{run.step / run.steps:.0%}" if run.steps else "–"
        created = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created_at / 1000))
        rows.append((str(run.id), live_state(run, now), done, created, run.title))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
