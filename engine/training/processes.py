"""The processes of one run: the accelerator they share, and the two things they must agree on.

A single process is the common case and costs nothing here.
"""

import os

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor

from engine.errors import UserError
from engine.settings.training import TrainingSettings


class DeviceError(UserError):
    """A device or precision that this machine does not have; one line with what was asked for and what there
    is."""


def build_accelerator(settings: TrainingSettings) -> Accelerator:
    """The accelerator for these settings; raises `DeviceError` before anything is loaded."""
    has_gpu = torch.cuda.is_available()
    if settings.device == "cuda" and not has_gpu:
        raise DeviceError("training.device is 'cuda' but torch sees no GPU; choose auto or cpu")
    on_cpu = settings.device == "cpu" or not has_gpu
    if on_cpu and settings.precision == "fp16":
        raise DeviceError("training.precision is 'fp16', which needs a GPU; choose fp32 or bf16")
    expected = int(os.environ.get("WORLD_SIZE", "1"))
    if expected != settings.processes:
        raise DeviceError(
            f"training.processes is {settings.processes} but {expected} "
            f"process{'es' if expected > 1 else ''} started; "
            "several are started by `accelerate launch`, as the dashboard and the command line do"
        )
    if on_cpu:
        # Whoever starts several runs side by side says in OMP_NUM_THREADS what each may take.
        given = _number(os.environ.get("OMP_NUM_THREADS", ""))
        torch.set_num_threads(
            settings.threads
            or given
            or max(1, (os.cpu_count() or 1) // (settings.processes // settings.machines))
        )
    precision = "no" if settings.precision == "fp32" else settings.precision
    try:
        return Accelerator(cpu=on_cpu, mixed_precision=precision)
    except RuntimeError as error:
        raise DeviceError(f"the device cannot be used: {str(error).splitlines()[0]}") from None


def _number(text: str) -> int:
    """The first number of a list such as "4" or "4,2" (threads of each level); 0 for anything else."""
    first = text.partition(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() and len(first) < 6 else 0


def agree(decision: bool, accelerator: Accelerator) -> bool:
    """The main process's decision, told to all; every process must ask at the same step."""
    if accelerator.num_processes == 1:
        return decision
    told: Tensor = broadcast(torch.tensor([int(decision)], device=accelerator.device))
    return bool(told.item())


def told(stop: bool, failed: bool, accelerator: Accelerator) -> tuple[bool, bool]:
    """Whether the main process was asked to stop, and whether any process failed; all must ask at the same
    step."""
    if accelerator.num_processes == 1:
        return stop, failed
    mine = [int(stop and accelerator.is_main_process), int(failed)]
    counts: Tensor = accelerator.reduce(torch.tensor(mine, device=accelerator.device), "sum")
    stops, failures = counts.tolist()
    return stops > 0, failures > 0


def broadcast_bytes(content: bytes | None, accelerator: Accelerator) -> bytes | None:
    """The main process's bytes (or None) on every process; the others' argument is ignored."""
    if accelerator.num_processes == 1:
        return content
    size = -1 if content is None else len(content)
    told = int(broadcast(torch.tensor([size], device=accelerator.device)).item())
    if told < 0:
        return None
    if accelerator.is_main_process and content is not None:
        payload = torch.frombuffer(bytearray(content), dtype=torch.uint8).to(accelerator.device)
    else:
        payload = torch.empty(told, dtype=torch.uint8, device=accelerator.device)
    return bytes(broadcast(payload).cpu().numpy().tobytes())
