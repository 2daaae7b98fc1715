"""Folders that go when the work ends, and those that killed processes left."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_folder(home: Path) -> Iterator[Path]:
    """A folder under home/tmp that goes when the block ends; those of processes that were killed go with the
    next one."""
    base = home / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    for left in base.iterdir():
        match = re.match(r"(\d+)-", left.name)
        if match and not _alive(int(match[1])):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=base) as folder:
        yield Path(folder)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
