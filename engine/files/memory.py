"""A bound on the memory that reading a file may take, held by the kernel: what asks for more gets a
`MemoryError`.

Sizes that a file declares are checked before anything is read. This is for the files that lie: a page of a
Parquet file may unfold into gigabytes that no header mentions.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COPIES = 3
"""An array may be there three times while it is read: as it was decoded, joined to one, and in its final
type."""
BESIDES = 10**9
"""Bytes besides: libraries, decompressed pages, names."""
NO_BOUND = 2**60
SHARE_OF_FREE = 0.9
"""Of the memory that is free, no more than this is taken."""
_STATUS, _MEMORY, _CONTAINER = Path("/proc/self/status"), Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def reading_room(most_bytes: int) -> int:
    """Bytes that reading arrays of `most_bytes` may take, on this machine as it is now."""
    return min(COPIES * most_bytes + BESIDES, free_room())


def free_room() -> int:
    """Bytes that any work here may take, so that something is left for the others."""
    free = free_memory()
    return NO_BOUND if free is None else int(SHARE_OF_FREE * free)


@contextmanager
def bounded_memory(room: int) -> Iterator[None]:
    """Lets this process take at most `room` bytes more while the block runs: what asks for more gets
    `MemoryError`.

    The bound is on private memory (RLIMIT_DATA), which Linux holds and other systems may not. It is the whole
    process's, so it belongs into processes that read a file and do nothing else meanwhile.
    """
    used = _kilobytes(_STATUS, "VmData")
    before = resource.getrlimit(resource.RLIMIT_DATA)
    if used is not None:
        limit = 1024 * used + room
        resource.setrlimit(
            resource.RLIMIT_DATA, (min(_finite(value, limit) for value in (*before, limit)), before[1])
        )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _finite(limit: int, otherwise: int) -> int:
    return otherwise if limit == resource.RLIM_INFINITY else limit


def free_memory() -> int | None:
    """Bytes that are free on this machine, or in the container where that has less; None where nobody
    says."""
    free = _kilobytes(_MEMORY, "MemAvailable")
    left = _left_in_container()
    known = [value for value in (None if free is None else 1024 * free, left) if value is not None]
    return min(known, default=None)


def _left_in_container() -> int | None:
    """What a container's limit leaves (cgroup v2), its file cache counted as free; None without a limit."""
    try:
        limit = int((_CONTAINER / "memory.max").read_text())
        used = int((_CONTAINER / "memory.current").read_text())
        cached = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
        return max(0, limit - used + int(cached.get("inactive_file", 0)))
    except (OSError, ValueError):  # no such files, or "max": no limit
        return None


def _kilobytes(file: Path, name: str) -> int | None:
    """The line "NAME: 123 kB" of a file in /proc, or None."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
