"""`infmasking notify`: who is called when a study has ended or a run has failed."""

from typing import Annotated

import typer

from engine.errors import UserError

notify = typer.Typer(
    name="notify",
    help="Who is called when a study has ended or a run of it has failed: apprise URLs, none by default.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@notify.callback()
def show(context: typer.Context) -> None:
    """List the services that are called; their URLs, which hold secrets, are not shown."""
    if context.invoked_subcommand is None:
        from app.home import open_database
        from app.training.notices import kept_urls, service_of

        urls = kept_urls(open_database())
        lines = [f"{place}  {service_of(url)}" for place, url in enumerate(urls, 1)]
        typer.echo("\n".join(lines) or "nobody is called; infmasking notify add URL")


@notify.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="An apprise URL; - reads it from the input.")],
) -> None:
    """Call a service from now on."""
    from app.home import open_database
    from app.training.notices import add_url

    line = typer.get_text_stream("stdin").readline().strip() if url == "-" else url
    typer.echo(f"{add_url(open_database(), line)} will be called")


@notify.command()
def remove(place: Annotated[int, typer.Argument(metavar="PLACE", help="As listed.", min=1)]) -> None:
    """No longer call a service."""
    from app.home import open_database
    from app.training.notices import kept_urls, remove_url, service_of

    db = open_database()
    urls = kept_urls(db)
    if place > len(urls):
        raise UserError(f"there is no service {place}; {len(urls)} are listed")
    remove_url(db, urls[place - 1])
    typer.echo(f"{service_of(urls[place - 1])} is no longer called")


@notify.command("test")
def test_message() -> None:
    """Send a test message now."""
    from app.home import open_database
    from app.training.notices import Notice, kept_urls, send

    urls = kept_urls(open_database())
    if not urls:
        raise UserError("nobody is called; infmasking notify add URL")
    typer.echo(f"sent to {', '.join(send(urls, Notice('InfMasking Studio', 'A test message.')))}")
