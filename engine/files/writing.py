"""Writing that leaves a file whole or as it was, whatever happens to the disk."""

import os
import shutil
from pathlib import Path


def replace_with_copy(source: Path, target: Path) -> None:
    """Make `target` a copy of `source`: written beside it, brought to the disk, then put in its place.

    Raises `OSError` where that fails; the former target stays and nothing else is left.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        shutil.copyfile(source, partial)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def append_whole(target: Path, content: bytes) -> None:
    """Append all of `content`, or nothing of it: raises `OSError` with the file as long as before."""
    with target.open("ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
        except OSError:
            file.truncate(size)
            raise
