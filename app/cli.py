"""The command line: `infmasking`, or `python -m app.cli`. Every mistake is one line on stderr and an exit
code that is not 0.

The commands stand in `app/commands/`; they import what they need when they run, so that help and listings
start without torch.
"""

import sys
import traceback
from typing import Annotated

import typer

from app.commands import machines, runs, study, transfer
from app.error_lines import EXPECTED, one_line
from app.notify_cli import notify
from app.queue_cli import queue

cli = typer.Typer(
    name="infmasking",
    help="Train multimodal contrastive methods and see how much synergy each one captured.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
cli.add_typer(study.presets)
cli.add_typer(study.commands, name="study")
cli.add_typer(runs.commands)
cli.add_typer(transfer.commands)
cli.add_typer(machines.commands)
cli.add_typer(queue)
cli.add_typer(notify)


@cli.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Train multimodal contrastive methods and see how much synergy each one captured."""


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
