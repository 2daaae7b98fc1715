"""What this machine can train on, found without torch: its GPUs (by NVML) and its CPU cores."""

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Gpu(NamedTuple):
    """One GPU: its number as `CUDA_VISIBLE_DEVICES` counts in PCI order, its name, and its memory in
    bytes."""

    number: int
    name: str
    memory: int


class GpuLoad(NamedTuple):
    """What a GPU is doing: utilisation in per cent and memory used in bytes."""

    percent: float
    memory: int


@cache
def _nvml_ready() -> bool:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return False
    return True


def gpus() -> list[Gpu]:
    """The GPUs that may be used: all there are, or those that `CUDA_VISIBLE_DEVICES` leaves (by index or
    UUID)."""
    if not _nvml_ready():
        return []
    import pynvml

    gpus_by_number: dict[int, Gpu] = {}
    identifiers = []
    for number in range(pynvml.nvmlDeviceGetCount()):
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(number)
            gpus_by_number[number] = Gpu(
                number,
                str(pynvml.nvmlDeviceGetName(handle)),
                int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
            )
            identifiers.append(str(pynvml.nvmlDeviceGetUUID(handle)))
        except pynvml.NVMLError:
            identifiers.append("")  # a GPU that fell off the bus keeps its number, but takes no run
    return [
        gpus_by_number[number]
        for number in _visible(os.environ.get("CUDA_VISIBLE_DEVICES"), identifiers)
        if number in gpus_by_number
    ]


def _visible(chosen: str | None, identifiers: list[str]) -> list[int]:
    """Indices that CUDA would show for a value of `CUDA_VISIBLE_DEVICES`; like CUDA, it stops at the first
    unknown one."""
    if chosen is None:
        return list(range(len(identifiers)))
    indices: list[int] = []
    for word in filter(None, (part.strip() for part in chosen.split(","))):
        matches = [
            i
            for i, uuid in enumerate(identifiers)
            if word == str(i) or (word.startswith("GPU-") and uuid.startswith(word))
        ]
        if not matches:
            break
        indices += matches[:1]
    return indices


def gpu_load(index: int) -> GpuLoad | None:
    """What the GPU does right now, or None where the driver does not tell."""
    if not _nvml_ready():
        return None
    import pynvml

    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        percent = float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
        return GpuLoad(percent, int(pynvml.nvmlDeviceGetMemoryInfo(handle).used))
    except pynvml.NVMLError:
        return None


def cores() -> int:
    """CPU cores this process may use: its affinity, cut by a container's quota; at least 1."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup"))
    return max(1, min(available, int(quota)) if quota else available)


def _quota(cgroup: Path) -> float | None:
    """CPU quota of a container in cores, from cgroup v2 or v1, or None where there is none."""
    try:
        if (cgroup / "cpu.max").exists():
            limit, period = (cgroup / "cpu.max").read_text().split()
        else:
            limit = (cgroup / "cpu/cpu.cfs_quota_us").read_text()
            period = (cgroup / "cpu/cpu.cfs_period_us").read_text()
        return float(limit) / float(period) if float(limit) > 0 else None
    except (OSError, ValueError):
        return None  # no quota is the common case: "max", -1, or no such file
