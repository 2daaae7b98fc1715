"""Arguments and options that several commands take."""

from typing import Annotated

import typer

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
