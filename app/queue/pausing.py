"""Pausing and going on from a page."""

from app import queries
from app.training.launching import ensure_supervisor
from storage.pauses import pause, resume


def pause_scopes(*scopes: str) -> None:
    """Start nothing more of these."""
    for scope in scopes:
        pause(queries.database(), scope)


def resume_scope(scope: str) -> None:
    """Take a pause back; somebody is there to start what waits."""
    resume(queries.database(), scope)
    if queries.startable_jobs():
        ensure_supervisor(queries.database())
