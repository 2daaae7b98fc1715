"""Commands about the machines that train: the supervisor of this one, others that join, a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import RunNumber
from engine.errors import UserError

commands = typer.Typer()


@commands.command()
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


@commands.command()
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


@commands.command()
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
