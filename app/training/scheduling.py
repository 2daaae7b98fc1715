"""Which waiting run may start now, where, and with how many CPU threads: pure arithmetic over this machine's
devices."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from engine.errors import UserError
from engine.settings.training import TrainingSettings

MOST_SHARED_THREADS = 16
"""A run that leaves `threads` open gets no more than this: small batches do not use more."""


class ImpossibleDemand(UserError):
    """A run that this machine can never place; one line with what was asked for and what there is."""


class Machine(NamedTuple):
    """What runs are placed on: GPU indices, best first, and CPU cores."""

    gpus: tuple[int, ...]
    cores: int


class Place(NamedTuple):
    """Where a run is: its GPUs (none: on the CPU) and the CPU threads of each of its processes here.

    With several machines, `processes` are those of this one, which is the first, and the others find it at
    `address`:`port`.
    """

    gpus: tuple[int, ...]
    threads: int
    processes: int = 1
    machines: int = 1
    address: str = ""
    port: int = 0

    def device(self) -> str:
        """How the place is written in the database: "cuda:0,1" or "cpu:2" (cores taken)."""
        return (
            f"cuda:{','.join(map(str, self.gpus))}" if self.gpus else f"cpu:{self.threads * self.processes}"
        )


def held_gpus(device: str | None) -> tuple[int, ...]:
    """GPUs that a run at `device` holds."""
    kind, _, numbers = (device or "").partition(":")
    return tuple(int(number) for number in numbers.split(",")) if kind == "cuda" and numbers else ()


def held_cores(device: str | None) -> int:
    """Cores that a run at `device` holds; runs on a GPU hold none, their threads mostly wait."""
    kind, _, number = (device or "").partition(":")
    return int(number or 1) if kind == "cpu" else 0


def wants_gpu(training: TrainingSettings, machine: Machine) -> bool:
    """Whether a run is placed on GPUs here. Without NVML there may still be one that torch knows: the run
    finds that out."""
    return training.device != "cpu" and bool(machine.gpus)


class Start(NamedTuple):
    """A waiting run that can start now: which one of those that wait, and where."""

    position: int
    place: Place


def next_start(
    waiting: Sequence[TrainingSettings],
    machine: Machine,
    held: Sequence[str | None],
    paused: Collection[str] = (),
    behind: int = 0,
) -> Start | None:
    """The first of the waiting runs, in their order, that finds a place, or None.

    Where a run has to wait, those behind it for the same kind of device wait too: else a run that needs two
    GPUs would wait for ever. held: as for `place`; paused: devices that take no run, "cuda:0" or "cpu";
    behind: runs that wait behind these. Raises `ImpossibleDemand`.
    """
    blocked = {False} if "cpu" in paused else set[bool]()
    taken = [*held, *(device for device in paused if device != "cpu")]
    kinds = {True, False} if machine.gpus else {False}
    for position, training in enumerate(waiting):
        if blocked >= kinds:
            break
        kind = wants_gpu(training, machine)
        if kind in blocked:
            continue
        found = place(training, machine, taken, len(waiting) - position + behind)
        if found is not None:
            return Start(position, found)
        blocked.add(kind)
    return None


def check_demand(training: TrainingSettings, machine: Machine) -> None:
    """Raises `ImpossibleDemand` when a run asks for more GPUs than this machine has."""
    processes = training.processes // training.machines
    if wants_gpu(training, machine) and processes > len(machine.gpus):
        each, several = (" a machine" if training.machines > 1 else ""), ("s" if machine.gpus[1:] else "")
        raise ImpossibleDemand(
            f"training.processes is {processes}{each} but this machine has {len(machine.gpus)} GPU{several}"
        )


def place(
    training: TrainingSettings, machine: Machine, held: Sequence[str | None], waiting: int
) -> Place | None:
    """A place for a run, or None while there is none.

    held: devices of the runs that are already placed; waiting: runs in the queue, this one among them, which
    share the cores left open by `threads = 0`. A GPU takes one run; the CPU takes runs until their threads
    fill its cores, and always one. Raises `ImpossibleDemand` when more GPUs are asked for than there are.
    """
    processes = training.processes // training.machines
    beside = (training.machines, training.main_address, training.main_port) if training.machines > 1 else ()
    check_demand(training, machine)
    if wants_gpu(training, machine):
        taken = {gpu for device in held for gpu in held_gpus(device)}
        free = [gpu for gpu in machine.gpus if gpu not in taken]
        threads = training.threads or _share(machine.cores, len(machine.gpus), 1)
        return Place(tuple(free[:processes]), threads, processes, *beside) if len(free) >= processes else None
    used = [cores for cores in map(held_cores, held) if cores]
    threads = training.threads or _share(machine.cores, len(used) + waiting, processes)
    fits = not used or sum(used) + threads * processes <= machine.cores
    return Place((), threads, processes, *beside) if fits else None


def _share(cores: int, runs: int, processes: int) -> int:
    return max(1, min(MOST_SHARED_THREADS, cores // max(runs, 1) // processes))
