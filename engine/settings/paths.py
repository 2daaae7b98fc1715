"""A path as somebody typed it, in a form, a setting or a variable."""

import os
from pathlib import Path

from engine.errors import UserError

LONGEST = 4096
"""Characters; Linux allows no longer path."""


class PathError(UserError):
    """A text that is no path; one line."""


def local_path(text: str | Path) -> Path:
    """The path, `~` and `~user` followed; raises `PathError` where it can be none: no such user, a NUL, too
    long."""
    said = str(text)
    if "\0" in said or len(said) > LONGEST:
        why = "it holds the character NUL" if "\0" in said else f"it has {len(said):,} characters"
        raise PathError(f"{said[:80]!r} is no path: {why}")
    try:
        return Path(said).expanduser()
    except RuntimeError:
        raise PathError(f"{said[:80]!r} names the home of a user that this machine does not know") from None


def absolute_path(text: str | Path) -> Path:
    """The path from the root, links followed as far as they lead; raises `PathError` as `local_path` does."""
    return Path(os.path.realpath(local_path(text)))
