"""Commands about studies: start one from its plan, look at it, list them and the plans that ship."""

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.presets.preset import StudyPlan

commands = typer.Typer(
    help="Studies: a question, answered by methods × data × settings × seeds.", no_args_is_help=True
)
presets = typer.Typer()

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the study, or its number.")]


@commands.command()
def run(
    plan: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A plan (.toml), or the name of a preset or a published table."),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the study. Default: the plan's own, else the file's.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start and return; do not follow.")] = False,
) -> None:
    """Start what a study lacks of its plan and follow it; interrupted runs go on, finished ones stay."""
    from app.home import open_database
    from app.studies.starting import go_on, start_plan
    from app.training.following import follow  # here, so that Ctrl-C finds it as soon as there are runs
    from app.wording.figures import show_count
    from engine.presets.expansion import expand
    from engine.presets.preset import plan_of

    chosen = _plan(plan)
    if name is not None:
        chosen = plan_of(chosen.model_dump(exclude_unset=True) | {"name": name})
    planned = expand(chosen)
    db = open_database()
    found = start_plan(db, chosen, planned)
    again = go_on(db, found.there)
    left = len(found.there) - len(again)
    said = [f"{show_count(len(found.started), 'run')} started"]
    said += [f"{show_count(len(again), 'interrupted run')} again in the queue"] if again else []
    said += [f"{show_count(left, 'run')} skipped: there already"] if left else []
    typer.echo(f"study {found.study} '{chosen.name}': {'; '.join(said)}")
    if not detach:
        raise typer.Exit(follow(db, [*found.there, *found.started], typer.echo))


@commands.command()
def show(
    study: Name,
    as_plan: Annotated[
        bool, typer.Option("--plan", help="Print the plan as TOML, which `study run` takes.")
    ] = False,
) -> None:
    """Show a study: its question, its configurations and how their runs stand."""
    from app.groups.grouping import group_runs
    from app.groups.naming import axes_with, read_axes
    from app.home import open_database
    from app.wording.names import show_seeds
    from engine.errors import UserError, one_line
    from engine.presets.plan_file import write_plan
    from engine.presets.preset import plan_of
    from storage.clock import now_ms
    from storage.runs import list_runs, live_state
    from storage.studies import get_study, members

    db = open_database()
    found = get_study(db, int(study) if study.isascii() and study.isdecimal() else study)
    if as_plan:
        if found.plan is None:
            raise UserError(f"study '{found.name}' has no plan; its runs were started one by one")
        typer.echo(write_plan(plan_of(found.plan)), nl=False)
        return
    there, now = list_runs(db, ids=members(db, found.id)), now_ms()
    states = Counter(live_state(one, now) for one in there)
    typer.echo(f"study {found.id} '{found.name}'")
    for line in filter(None, (found.question, found.note, ", ".join(found.tags))):
        typer.echo(f"  {one_line(line)}")
    typer.echo("  " + (", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no run"))
    rows = [
        (
            group.data,
            group.label,
            show_seeds([one.seed for one in group.runs]),
            ", ".join(str(one.id) for one in group.runs),
        )
        for group in group_runs(there, axes_with(read_axes(found.axes), (), there))
    ]
    _echo_table([("DATA", "CONFIGURATION", "SEEDS", "RUNS"), *rows] if rows else [])


@commands.command("list")
def list_() -> None:
    """List the studies, newest first."""
    from app.home import open_database
    from engine.errors import one_line
    from storage.runs import list_runs
    from storage.studies import list_studies, members_of_all

    db = open_database()
    belonging, finished = members_of_all(db), {one.id for one in list_runs(db, status=["finished"])}
    rows = []
    for study in list_studies(db):
        ids = belonging.get(study.id, [])
        done = f"{sum(number in finished for number in ids)} of {len(ids)}"
        created = time.strftime("%Y-%m-%d %H:%M", time.localtime(study.created_at / 1000))
        rows.append((str(study.id), study.name, done, created, one_line(study.question, 80)))
    if not rows:
        typer.echo("no studies yet; start one with: infmasking study run bits-quick")
    _echo_table([("STUDY", "NAME", "FINISHED", "CREATED", "QUESTION"), *rows] if rows else [])


@commands.command()
def report(
    study: Name,
    html: Annotated[bool, typer.Option("--html", help="One HTML file that opens without a network.")] = False,
    latex: Annotated[
        bool, typer.Option("--latex", help="Tables and the methods paragraph in LaTeX.")
    ] = False,
    tables: Annotated[bool, typer.Option("--tables", help="Tidy tables, as CSV and Parquet.")] = False,
    charts: Annotated[bool, typer.Option("--charts", help="Charts, as SVG, PNG and PDF.")] = False,
    baseline: Annotated[
        str | None, typer.Option(help="Configuration that the others are compared with.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder to write to. Default: one of the study's name, here.")
    ] = None,
) -> None:
    """Write the report of a study: what is named, or all of it."""
    from app.home import open_database
    from app.report import files
    from app.report.content import content_of_study

    db = open_database()
    content = content_of_study(db, int(study) if study.isascii() and study.isdecimal() else study, baseline)
    folder = output or Path(f"{files.stem_of(content)}-report")
    every = not (html or latex or tables or charts)
    wanted = [("report.html", files.html_of(content).encode())] if html or every else []
    wanted += [("report.tex", files.latex_of(content).encode())] if latex or every else []
    written = files.write_files(wanted, folder)
    if charts or every:
        written += files.write_files(files.chart_files(content), folder)
    if tables or every:
        written += files.write_files(files.table_files(db, content), folder)
    typer.echo("\n".join(map(str, written)))


@presets.command("presets")
def presets_() -> None:
    """List the named experiments and the published tables."""
    from engine.presets.preset import load_preset, load_table, preset_names, table_names

    plans = [*map(load_preset, preset_names()), *map(load_table, table_names())]
    for plan in plans:
        typer.echo(f"{plan.name}\n  {plan.title}. {plan.description}")
        data = f"data sets {', '.join(plan.dataset)}; " if plan.dataset else ""
        typer.echo(f"  {data}methods {', '.join(plan.methods)}; seeds {', '.join(map(str, plan.seeds))}")


def _plan(given: str) -> "StudyPlan":
    """The plan of a file, or the preset or table of that name. Raises `SettingsError`."""
    from engine.presets.plan_file import read_plan_file
    from engine.presets.preset import check_choice, load_preset, load_table, preset_names, table_names

    if Path(given).suffix in (".toml", ".json") or Path(given).is_file():
        return read_plan_file(Path(given))
    check_choice("plan file or preset", given, [*preset_names(), *table_names()])
    return load_preset(given) if given in preset_names() else load_table(given)


def _echo_table(rows: list[tuple[str, ...]]) -> None:
    """Rows in columns, the last one as long as it likes."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
