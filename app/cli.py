"""The command line: `infmasking`, or `python -m app.cli`. Every mistake is one line on stderr and an exit
code that is not 0.

Commands import what they need when they run: help and listings start without torch.
"""

import contextlib
import json
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.error_lines import EXPECTED, one_line
from app.notify_cli import notify
from app.queue_cli import queue
from engine.errors import UserError

cli = typer.Typer(
    name="infmasking",
    help="Train multimodal contrastive methods and see how much synergy each one captured.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

RunNumber = Annotated[int, typer.Argument(metavar="RUN", help="Number of the run.", min=1)]
Kind = Annotated[
    str | None, typer.Option(help="Which checkpoint: best or last. Default: the one that was probed.")
]
DataChanges = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Where the data are on this machine, instead of the path that the checkpoint names; or another "
        "setting of the data set, as NAME=VALUE. May be repeated.",
    ),
]


@cli.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Train multimodal contrastive methods and see how much synergy each one captured."""


@cli.command()
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
    from app.training.configuring import plan_runs
    from app.training.following import follow  # here, so that Ctrl-C finds it as soon as there are runs
    from app.training.launching import resume, submit

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
    ids = submit(db, planned) if run is None else resume(db, run)
    if planned:
        typer.echo("\n".join(f"run {number}: {one.title}" for number, one in zip(ids, planned, strict=True)))
    if not detach:
        raise typer.Exit(follow(db, ids, typer.echo))


@cli.command()
def probe(run: RunNumber, kind: Kind = None, data: DataChanges = None) -> None:
    """Fit the linear probes of a run's checkpoint again."""
    from app.home import data_home, open_database
    from app.training.configuring import parse_data
    from app.training.probing import probe_run

    probe_run(open_database(), data_home(), run, kind, parse_data(data or []))


@cli.command()
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


@cli.command()
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


@cli.command()
def export(
    run: RunNumber,
    kind: Kind = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File or folder to write to. Default: here, under the checkpoint's name."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a run's checkpoint to a safetensors file."""
    from app.home import open_database
    from app.training.transfer import export_checkpoint, weights_of

    db = open_database()
    artifact = weights_of(db, run, kind)
    file = export_checkpoint(db, artifact, output, force=force)
    typer.echo(f"{file}\n{artifact.size} bytes, sha256 {artifact.sha256}")


@cli.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .safetensors checkpoint that InfMasking Studio wrote.")
    ],
    title: Annotated[str | None, typer.Option(help="Title of the run it becomes.")] = None,
    data: DataChanges = None,
) -> None:
    """Keep a checkpoint made elsewhere as a finished run."""
    from app.home import open_database
    from app.training.configuring import parse_data
    from app.training.transfer import import_checkpoint

    number = import_checkpoint(open_database(), file, title, parse_data(data or []))
    typer.echo(f"run {number}; probe it with: infmasking probe {number}")


@cli.command()
def join(
    run: RunNumber,
    settings: Annotated[
        Path, typer.Option(help="Where the run's settings are written, for the other machines.")
    ] = Path("run.json"),
) -> None:
    """Print what the other machines of a run type to take their part; the first one is started by its own
    supervisor."""
    from app.home import open_database
    from app.training.joining import write_joining

    typer.echo("\n".join(write_joining(open_database(), run, settings)))


@cli.command()
def slurm(
    preset: Annotated[str | None, typer.Option(help="Named experiment to start from.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML or JSON file of settings, laid over the preset.")
    ] = None,
    method: Annotated[list[str] | None, typer.Option(help="Objective; may be repeated.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed; may be repeated.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="A setting, as TOML.")
    ] = None,
    nodes: Annotated[int, typer.Option(help="Machines a run.", min=1, max=512)] = 1,
    gpus: Annotated[
        int, typer.Option(help="GPUs a machine; 0: one process on the CPU of each.", min=0, max=64)
    ] = 1,
    cpus: Annotated[int, typer.Option(help="CPU cores a process.", min=1, max=1024)] = 8,
    time_: Annotated[str, typer.Option("--time", help="Time limit, as Slurm writes it.")] = "24:00:00",
    partition: Annotated[str, typer.Option(help="Partition; the cluster's own by default.")] = "",
    account: Annotated[str, typer.Option(help="Account; your own by default.")] = "",
    folder: Annotated[str, typer.Option(help="Folder on the cluster for results.")] = "infmasking-runs",
) -> None:
    """Print a Slurm batch script that trains one run an array task; `infmasking import` brings its
    checkpoints back."""
    from app.training.configuring import plan_runs
    from app.training.slurm import Cluster, slurm_script

    cluster = Cluster(nodes, gpus, cpus, time_, partition, account, folder)
    planned = plan_runs(preset, config, method or [], seed or [], cluster.assignments(set_ or []))
    typer.echo(slurm_script(planned, cluster))


@cli.command()
def supervise(
    once: Annotated[bool, typer.Option("--once", help="Leave as soon as no run waits or works.")] = False,
    idle_minutes: Annotated[float, typer.Option(help="Leave after so long without work.", min=0.0)] = 10.0,
) -> None:
    """Start and watch the queued runs of this machine; one such process is started on demand and leaves when
    idle."""
    from app.home import data_home, open_database
    from app.training.fleet import Fleet
    from app.training.supervisor import Supervisor, Timing

    db = open_database()
    if not Supervisor(db, Fleet(db, data_home()), Timing(idle=idle_minutes * 60)).serve(until_empty=once):
        raise UserError("this machine has a live supervisor for this database already")


@cli.command()
def presets() -> None:
    """List the named experiments."""
    from engine.presets.preset import load_preset, preset_names

    for name in preset_names():
        preset = load_preset(name)
        typer.echo(f"{name}\n  {preset.title}. {preset.description}")
        typer.echo(f"  methods {', '.join(preset.methods)}; seeds {', '.join(map(str, preset.seeds))}")


cli.add_typer(queue)
cli.add_typer(notify)


def main() -> None:
    """Run the command line and leave with its exit code."""
    debug = "--debug" in sys.argv[1:]
    try:
        sys.exit(cli(prog_name="infmasking", standalone_mode=False) or 0)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            traceback.print_exc()
        # Typer's own errors (an unknown option, a number out of range) say themselves how they read.
        described = getattr(error, "format_message", None)
        line = " ".join(str(described()).split()) if described else one_line(error)
        hint = (
            ""
            if described or debug or isinstance(error, EXPECTED)
            else " (infmasking --debug … shows the trace)"
        )
        print(f"error: {line}{hint}", file=sys.stderr)
        sys.exit(int(getattr(error, "exit_code", 1)))


if __name__ == "__main__":
    main()
