"""How a run's process is started: its command line and its environment."""

import os
import sys
from pathlib import Path

from app.training.scheduling import Place
from storage.database import URL_VARIABLE, Database

ROOT = Path(__file__).parents[2]


def child_environment(db: Database, home: Path) -> dict[str, str]:
    """Our environment for a process of ours elsewhere: same packages, same data home, same database, whatever
    its folder."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    # Safe path: a file named torch.py in the folder the user works in must not be taken for the package.
    ours = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1", "INFMASKING_HOME": str(home)}
    return dict(os.environ) | ours | {URL_VARIABLE: f"sqlite:///{db.file}"}


def trainer_environment(db: Database, home: Path, place: Place, *, hide_gpus: bool) -> dict[str, str]:
    """The environment of a run at `place`: its GPUs and its threads, and nothing else of the machine."""
    threads = str(place.threads)
    environment = child_environment(db, home)
    for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
        environment[f"{library}_NUM_THREADS"] = threads
    # glibc gives large blocks back and faults them in again at every step; keeping them took 28 % off
    # augmenting images
    environment |= {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
    if place.gpus:
        visible = ",".join(map(str, place.gpus))
        environment |= {"CUDA_VISIBLE_DEVICES": visible, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    elif hide_gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    if place.processes * place.machines > 1 and not place.gpus:
        environment["ACCELERATE_USE_CPU"] = "true"
    return environment


def trainer_command(run_id: int, job_id: int, place: Place) -> list[str]:
    """`python -m app.cli train --run ID --job ID`, by way of `app.training.ranks` when the run has several
    processes.

    Every launch flag is given, for what is not given comes from the user's own accelerate configuration.
    """
    work = ["app.cli", "train", "--run", str(run_id), "--job", str(job_id)]
    if place.processes * place.machines == 1:
        return [sys.executable, "-m", *work]
    return [sys.executable, "-m", "app.training.ranks", *launch_options(place), *work]


def joining_command(place: Place, rank: int, settings: str, folder: str) -> list[str]:
    """What machine `rank` (1 …) of a run types, with the run's settings in a file and a folder for what it
    needs to keep.

    It needs neither database nor dashboard, the same code and the same data; results are kept by the first
    machine alone.
    """
    launcher = "accelerate.commands.launch"
    return ["python", "-m", launcher, *launch_options(place, rank), "engine", settings, folder]


def launch_options(place: Place, rank: int = 0) -> list[str]:
    """Every flag of accelerate's launcher, up to the module that it starts. rank: which machine this is, 0
    the first."""
    # --multi_gpu is accelerate's word for several processes; on the CPU they talk through gloo.
    flags = {
        "num_processes": place.processes * place.machines,
        "num_machines": place.machines,
        "machine_rank": rank,
        "main_process_ip": place.address or "127.0.0.1",
        "main_process_port": place.port if place.machines > 1 else 0,  # 0: a free one
        "mixed_precision": "no",  # the settings decide, in the process
        "dynamo_backend": "no",
        "num_cpu_threads_per_process": place.threads,
        "gpu_ids": "all",  # of those that CUDA_VISIBLE_DEVICES leaves
        "rdzv_backend": "static",
        "max_restarts": 0,
        "monitor_interval": 1,
    }
    options = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    return ["--multi_gpu", *options, "--module"]
