"""The one clock of the storage: UTC milliseconds since 1970, as integers."""

import time


def now_ms() -> int:
    """Now, in milliseconds since 1970-01-01 00:00 UTC."""
    return time.time_ns() // 1_000_000
