"""A Slurm batch script for planned runs: one array task a run, one launcher a node.

Runs on a cluster keep their results in plain folders (`python -m engine`), for SQLite is not safe on network
file systems.
"""

import json
import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from app.training.configuring import Planned
from engine.settings.experiment import SettingsError

WORD = re.compile(r"[\w.,:@/+-]*")
PORT = 29500


class Cluster(NamedTuple):
    """What a run gets: nodes, GPUs a node, cores a process, time limit, partition, account, folder for
    results."""

    nodes: int
    gpus: int
    cpus: int
    time: str
    partition: str
    account: str
    folder: str

    def assignments(self, given: Sequence[str]) -> list[str]:
        """The cluster's own settings, then those given. Raises `SettingsError` for words that no script
        should hold."""
        for name in ("time", "partition", "account", "folder"):
            if not WORD.fullmatch(getattr(self, name)):
                raise SettingsError(
                    f"--{name} is '{getattr(self, name)}'; letters, digits and . , : @ / + - _ are allowed"
                )
        device = "cuda" if self.gpus else "cpu"
        cluster_settings = [
            f"training.processes={self.processes}",
            f"training.device={device}",
            f"training.threads={self.cpus}",
        ]
        if self.nodes > 1:
            cluster_settings += [
                f"training.machines={self.nodes}",
                "training.main_address=first-node",
                f"training.main_port={PORT}",
            ]
        return [*cluster_settings, *given]

    @property
    def processes(self) -> int:
        """Processes of a run, over all its nodes."""
        return self.nodes * max(self.gpus, 1)


def slurm_script(planned: Sequence[Planned], cluster: Cluster) -> str:
    """The script, ready for `sbatch`."""
    return "\n".join([*_header(planned, cluster), *_settings(planned), *_work(cluster)]) + "\n"


def _header(planned: Sequence[Planned], cluster: Cluster) -> list[str]:
    options = {
        "job-name": "infmasking",
        "array": f"0-{len(planned) - 1}",
        "nodes": str(cluster.nodes),
        "ntasks-per-node": "1",
        "cpus-per-task": str(cluster.cpus * max(cluster.gpus, 1)),
        "time": cluster.time,
        "output": "infmasking-%A-%a.log",
    }
    if cluster.gpus:
        options["gpus-per-node"] = str(cluster.gpus)
    options |= {
        name: value
        for name, value in (("partition", cluster.partition), ("account", cluster.account))
        if value
    }
    return [
        "#!/bin/bash",
        *(f"#SBATCH --{name}={value}" for name, value in options.items()),
        "#",
        "# Start it in the folder of the code, where its Python environment can be activated: sbatch "
        "this-file",
        f"# Results come to {cluster.folder}/run-N/; an interrupted task goes on when it is submitted again.",
        "# Bring a checkpoint to a dashboard with: infmasking import "
        f"{cluster.folder}/run-0/last.safetensors",
        "set -euo pipefail",
        f"folder={shlex.quote(cluster.folder)}/run-$SLURM_ARRAY_TASK_ID",
        'mkdir -p "$folder"',
        "[ -f .venv/bin/activate ] && source .venv/bin/activate",
        "",
    ]


def _settings(planned: Sequence[Planned]) -> list[str]:
    lines = ['case "$SLURM_ARRAY_TASK_ID" in']
    for number, run in enumerate(planned):
        content = json.dumps(run.settings.model_dump(mode="json"), sort_keys=True)
        lines += [
            f"{number})  # {run.title}",
            "cat > \"$folder/settings.json\" <<'SETTINGS'",
            content,
            "SETTINGS",
            ";;",
        ]
    return [*lines, "esac", ""]


def _work(cluster: Cluster) -> list[str]:
    work = 'engine "$folder/settings.json" "$folder"'
    if cluster.processes == 1:
        return ["export folder", f"srun python -m {work}"]
    flags = {
        "num_processes": cluster.processes,
        "num_machines": cluster.nodes,
        "machine_rank": "$SLURM_NODEID",
        "main_process_ip": "$first_node",
        "main_process_port": PORT,
        "mixed_precision": "no",
        "dynamo_backend": "no",
        "num_cpu_threads_per_process": cluster.cpus,
        "gpu_ids": "all",
        "rdzv_backend": "static",
        "max_restarts": 0,
    }
    options = " ".join(
        f'--{name} "{value}"' if str(value).startswith("$") else f"--{name} {value}"
        for name, value in flags.items()
    )
    return [
        'first_node=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
        "export folder first_node" + ("" if cluster.gpus else " ACCELERATE_USE_CPU=true"),
        "# each node starts its own launcher; the single quotes leave $SLURM_NODEID to it",
        f"srun --kill-on-bad-exit=1 bash -c 'python -m accelerate.commands.launch --multi_gpu {options} "
        f"--module {work}'",
    ]
