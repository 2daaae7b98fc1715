"""Commands that take checkpoints out of the database and bring them in."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import DataChanges, Kind, RunNumber

commands = typer.Typer()


@commands.command()
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


@commands.command("import")
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
