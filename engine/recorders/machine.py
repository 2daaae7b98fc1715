"""Facts of the machine that trains a run: what somebody needs to judge its speed, or to repeat it."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from typing import Any


def machine_facts(gpus: Sequence[str] = ()) -> dict[str, Any]:
    """host, system, Python and torch versions, cores, memory in GiB, and the names of the GPUs given; without
    importing torch."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch"),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "gpus": list(gpus),
    }


def _memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # not on this system
        return None
    return round(size / 2**30, 1)
