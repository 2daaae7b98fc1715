"""`infmasking export`, `import`, `backup`, `restore`: what leaves a studio and what comes into it."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import DataChanges, Kind
from engine.errors import UserError

commands = typer.Typer()

Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]


@commands.command()
def export(
    what: Annotated[
        str,
        typer.Argument(metavar="RUN|STUDY", help="Number of a run, or name of a study.", show_default=False),
    ],
    kind: Kind = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File or folder for the checkpoint. Default: here, under the checkpoint's name."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Write everything of the run or study into this file instead.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Write everything of the run or study into this new folder instead.")
    ] = None,
    no_weights: Annotated[
        bool,
        typer.Option("--no-weights", help="Leave checkpoints and other files out of a bundle or folder."),
    ] = False,
    force: Force = False,
) -> None:
    """Write a run's checkpoint to a safetensors file; or a whole run or study as a bundle or folder, which
    `infmasking import` takes in elsewhere."""
    from app.home import open_database

    whole = bundle or folder
    if what.isdecimal() and int(what) == 0:
        raise typer.BadParameter("RUN is a number from 1")
    if (bundle and folder) or (whole and (kind or output)):
        raise typer.BadParameter("choose one: a checkpoint (--kind, --output), --bundle FILE or --folder DIR")
    if no_weights and not whole:
        raise typer.BadParameter("--no-weights goes with --bundle or --folder")
    db = open_database()
    if whole is None:
        from app.training.transfer import export_checkpoint, weights_of

        if not what.isdecimal():
            raise typer.BadParameter(
                "a checkpoint is that of a run: name its number; a study goes with --bundle"
            )
        artifact = weights_of(db, int(what), kind)
        file = export_checkpoint(db, artifact, output, force=force)
        typer.echo(f"{file}\n{artifact.size} bytes, sha256 {artifact.sha256}")
        return
    from app.bundles.export import choose, write_bundle, write_folder
    from storage.studies import get_study

    runs, studies = ([int(what)], []) if what.isdecimal() else ([], [get_study(db, what).id])
    chosen = choose(db, runs, studies, weights=not no_weights)
    size = write_bundle(db, chosen, bundle, force=force) if bundle else None
    if folder:
        write_folder(db, chosen, folder)
    number = len(chosen.runs)
    held = f"{number} run{'' if number == 1 else 's'}"
    typer.echo(f"{whole}\n{held}" + (f", {size} bytes" if size is not None else ""))


@commands.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="A bundle, a folder of a run or of runs, or a .safetensors checkpoint of InfMasking Studio.",
        ),
    ],
    title: Annotated[str | None, typer.Option(help="Title of the run that a checkpoint becomes.")] = None,
    data: DataChanges = None,
) -> None:
    """Take in runs made elsewhere, whole: twice the same is once. A checkpoint alone becomes a finished
    run."""
    from app.home import open_database

    if file.suffix == ".safetensors" and not file.is_dir():
        from app.training.configuring import parse_data
        from app.training.transfer import import_checkpoint

        number = import_checkpoint(open_database(), file, title, parse_data(data or []))
        typer.echo(f"run {number}; probe it with: infmasking probe {number}")
        return
    if title or data:
        raise typer.BadParameter("--title and --data are for a checkpoint; runs keep what they are called")
    from app.bundles.importing import import_runs
    from app.bundles.sources import open_source

    with open_source(file) as source:
        arrivals = import_runs(open_database(), source)
    typer.echo("\n".join(arrival.line for arrival in arrivals))
    conflicts = sum(arrival.what == "conflict" for arrival in arrivals)
    if conflicts:
        raise UserError(f"{conflicts} of {len(arrivals)} runs are here with other content")


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")], force: Force = False
) -> None:
    """Copy the whole database into one file, also while runs train; it is checked by opening it."""
    from app.home import open_database
    from storage.backup import back_up

    made = back_up(open_database(), file, force=force)
    typer.echo(f"{file}\n{_told(made._asdict())}; checked")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `infmasking backup` wrote.")],
) -> None:
    """Make a backup the database of an empty data home (INFMASKING_HOME); nothing is ever overwritten."""
    from app.home import data_home, open_database
    from storage.backup import restore as restore_backup

    home = data_home()
    restored, waiting = restore_backup(file, home)
    open_database().close()
    typer.echo(f"{home}\n{_told(restored._asdict())}")
    if waiting:
        waits = "1 run waits" if waiting == 1 else f"{waiting} runs wait"
        typer.echo(f"{waits}, and the queue is paused; go on with: infmasking queue resume")


def _told(held: dict[str, int]) -> str:
    single = {"studies": "study", "runs": "run", "points": "point", "results": "result", "files": "file"}
    counts = [f"{held[many]} {one if held[many] == 1 else many}" for many, one in single.items()]
    return f"{held['size']} bytes: " + ", ".join(counts)
