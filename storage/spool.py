"""The file that takes a run's records while the database does not: one batch a line, replayed in order."""

from collections.abc import Callable
from pathlib import Path

from storage.batch import Batch

LONGEST_LINE = 64 * 2**20
"""Bytes; a batch takes some hundred thousand. What is longer is none of ours, and is read in pieces."""


class Spool:
    """Lines appended to a file. Used by one thread at a time."""

    def __init__(self, file: Path) -> None:
        """file: made when first needed, removed when all of it is replayed."""
        self.file = file
        self._replayed = 0  # bytes; forgotten by a crash, which is harmless: a batch may be written twice

    def append(self, batch: Batch) -> None:
        """Keep a batch. Raises OSError when the file cannot take it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # the newline in front closes a line that a crash or a full disk cut short
        with self.file.open("ab") as out:
            out.write(f"\n{batch.to_json()}\n".encode())

    def replay(self, write: Callable[[Batch], None]) -> int:
        """Write the kept batches in order, then remove the file; returns how many. Ends at the first
        exception of `write`."""
        if not self.file.exists():
            return 0
        count = 0
        with self.file.open("rb") as lines:
            lines.seek(self._replayed)
            while line := lines.readline(LONGEST_LINE):
                if line.strip():
                    try:
                        batch = Batch.from_json(line.decode())
                    except ValueError:  # cut short: its writer counted what it held as lost, or died
                        batch = Batch()
                    write(batch)
                    count += 1
                self._replayed = lines.tell()
        self.file.unlink()
        self._replayed = 0
        return count
