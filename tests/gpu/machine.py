"""The machine that the figures are of, and the device that a part works on."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import torch
from accelerate.state import AcceleratorState

PACKAGES = (
    "torch",
    "accelerate",
    "safetensors",
    "numpy",
    "pydantic",
    "scipy",
    "scikit-learn",
    "transformers",
)


@dataclass(frozen=True)
class Setup:
    """Where and how large: "published" shapes, or "tiny" ones that a CPU goes through in seconds."""

    device: Literal["cpu", "cuda"]
    size: Literal["published", "tiny"]

    @property
    def is_tiny(self) -> bool:
        return self.size == "tiny"

    def changes(self) -> dict[str, object]:
        """Settings of training that hold in every part."""
        return {
            "training.device": self.device,
            "training.log_every": 100_000,
            "training.state_seconds": 86_400,
        }


def chosen_device(wanted: str) -> Literal["cpu", "cuda"]:
    """The device of that name; "auto" is the card where there is one. Raises `SystemExit` where it is
    missing."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SystemExit("--device cuda, but torch sees no card; choose auto or cpu")
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


def prepare(setup: Setup) -> None:
    """Exact arithmetic: no TF32, and the deterministic kernels where there are any."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if setup.device == "cpu":
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))


def forget_accelerator() -> None:
    """Accelerate keeps one precision a process; the next trainer may have another."""
    AcceleratorState._reset_state(reset_partial_state=True)


def wait_for(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def facts(setup: Setup) -> Mapping[str, object]:
    """Machine, versions and card."""
    known: dict[str, object] = {
        "device": setup.device,
        "size": setup.size,
        "machine": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    known |= {name: _version(name) for name in PACKAGES}
    if setup.device == "cuda":
        card = torch.cuda.get_device_properties(0)
        known |= {
            "card": card.name,
            "card_gib": round(card.total_memory / 2**30, 1),
            "capability": f"{card.major}.{card.minor}",
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
        }
    return known


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
