"""What a run costs its machine: CPU, memory and GPU, recorded beside its curves every few seconds."""

import threading
from collections.abc import Callable, Mapping, Sequence

import psutil

from app.training.devices import gpu_load
from engine.recorder import CPU, GPU, GPU_MEMORY, MEMORY

GIB = 2**30

Record = Callable[[int, Mapping[str, float]], None]


class Monitor:
    """A thread that calls `record(step(), loads)` every `seconds` from entering the context to leaving it,
    and then once more.

    Keys: `system/cpu_percent` of the calling process and its children (100 is one core), `system/memory_gib`
    resident in them, and for the GPUs given, `system/gpu_percent` (mean) and `system/gpu_memory_gib` (sum, of
    all their users).
    """

    def __init__(
        self, record: Record, step: Callable[[], int], gpus: Sequence[int] = (), seconds: float = 5.0
    ) -> None:
        self._record, self._step, self._gpus, self._seconds = record, step, gpus, seconds
        self._processes: dict[int, psutil.Process] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)

    def __enter__(self) -> "Monitor":
        self.loads()  # the first reading of a CPU counter is the start of its interval
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._ended.wait(self._seconds)
            self._record(self._step(), self.loads())

    def loads(self) -> dict[str, float]:
        """One reading; CPU is the mean since the reading before."""
        me = psutil.Process()
        processes = {process.pid: process for process in (me, *me.children(recursive=True))}
        # psutil measures CPU between two calls on one object, so the objects are kept.
        self._processes = {pid: self._processes.get(pid, process) for pid, process in processes.items()}
        percent = memory = 0.0
        for process in self._processes.values():
            try:
                percent += process.cpu_percent()
                memory += process.memory_info().rss / GIB
            except psutil.NoSuchProcess:
                continue  # ended since it was listed
        values = {CPU: percent, MEMORY: memory}
        loads = [load for load in map(gpu_load, self._gpus) if load is not None]
        if loads:
            values[GPU] = sum(load.percent for load in loads) / len(loads)
            values[GPU_MEMORY] = sum(load.memory for load in loads) / GIB
        return values
