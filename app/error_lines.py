"""Any error as one line for the user."""

from engine import errors
from engine.errors import UserError
from storage.database import DatabaseError

EXPECTED = (UserError, DatabaseError, OSError)
"""Errors that speak for themselves; all others are ours to mend, and their trace is worth keeping."""


def one_line(error: BaseException) -> str:
    """What happened, in one line that can be printed; an unforeseen error is named with its type."""
    return errors.one_line(_said(error))


def _said(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, (UserError, DatabaseError)):
        return text
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}" if error.strerror else text
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        details = text.split(". ", maxsplit=1)[0] or "no details"
        return f"out of memory; choose a smaller training.batch_size or model ({details})"
    # The long tail of a CUDA error explains how to debug a kernel; its first sentence says what happened.
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
