"""Writing that leaves a file whole or as it was, whatever happens to the disk."""

import os
from pathlib import Path


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
