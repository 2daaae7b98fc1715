"""Settings of the training loop."""

import re
from typing import Literal

from pydantic import model_validator

from engine.settings.base import Settings, setting

ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?")
"""A host name or an IP address: nothing that a shell or a launcher could read otherwise."""


class TrainingSettings(Settings):
    """The loop: AdamW, linear warm-up, then a constant or cosine learning rate."""

    epochs: int = setting(100, "Passes over the training samples.", unit="epochs", ge=1, le=100_000)
    batch_size: int = setting(
        64, "Samples a step over all processes; contrast is within it.", unit="samples", ge=2, le=65_536
    )
    accumulation: int = setting(
        1,
        "Parts that a process's share of a batch is computed in, one after the other, to save memory. Not "
        "for contrastive objectives: their loss compares all samples of a batch.",
        unit="parts",
        ge=1,
        le=4096,
    )
    learning_rate: float = setting(3e-4, "Peak learning rate.", gt=0.0, le=10.0)
    weight_decay: float = setting(1e-4, "AdamW's weight decay; biases and norms have none.", ge=0.0, le=10.0)
    warmup_epochs: float = setting(0.0, "Epochs of linear warm-up.", unit="epochs", ge=0.0, le=10_000)
    warmup_start: float = setting(1e-6, "Learning rate at the start of the warm-up.", ge=0.0, le=10.0)
    schedule: Literal["constant", "cosine"] = setting("constant", "Learning rate after the warm-up.")
    final_learning_rate: float = setting(0.0, "Where the cosine ends.", ge=0.0, le=10.0)
    clip_norm: float = setting(0.0, "Largest gradient norm; 0 clips nothing.", ge=0.0, le=1e6)
    precision: Literal["fp32", "bf16", "fp16"] = setting(
        "fp32", "Arithmetic of the forward pass; fp16 needs a GPU."
    )
    patience: int = setting(
        0,
        "Epochs without a better validation loss before stopping; 0: never.",
        unit="epochs",
        ge=0,
        le=10_000,
    )
    processes: int = setting(
        1, "Processes (GPUs, or CPU workers) that share a batch, on all machines together.", ge=1, le=4096
    )
    machines: int = setting(
        1, "Machines that share the processes evenly; each starts its part.", ge=1, le=512
    )
    main_address: str = setting(
        "", "Address of the first machine, as the others reach it; needed for several.", max_length=253
    )
    main_port: int = setting(
        29500, "Port of the first machine on which the processes find each other.", ge=1024, le=65535
    )
    compile: bool = setting(
        False,
        "Compile the step with torch.compile: slow to start, then faster; falls back where it cannot be "
        "compiled.",
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", "Where to train; auto takes a GPU when there is one."
    )
    threads: int = setting(
        0, "CPU threads a process; 0 shares the cores evenly.", unit="threads", ge=0, le=1024
    )
    log_every: int = setting(
        10,
        "Steps between two logged points of a curve; a run too short for two logs one an epoch.",
        unit="steps",
        ge=1,
        le=100_000,
    )
    state_seconds: float = setting(
        60.0, "Longest time of training that a crash can cost.", unit="s", ge=1.0, le=86_400
    )
    on_full_disk: Literal["go_on", "stop"] = setting(
        "go_on",
        "When a checkpoint finds no room: train on with the former one kept and try again, or stop.",
    )

    def alone(self) -> "TrainingSettings":
        """What one of the processes does, as a training of its own in one process on this machine: its share
        of the batch."""
        return self.model_copy(
            update={
                "processes": 1,
                "machines": 1,
                "main_address": "",
                "batch_size": self.batch_size // self.processes,
            }
        )

    @model_validator(mode="after")
    def _batch_splits(self) -> "TrainingSettings":
        if self.batch_size % self.processes:
            raise ValueError(
                f"batch_size ({self.batch_size}) must be a multiple of processes ({self.processes})"
            )
        if self.batch_size % (self.processes * self.accumulation):
            raise ValueError(
                f"batch_size ({self.batch_size}) must be a multiple of processes × accumulation "
                f"({self.processes} × {self.accumulation})"
            )
        if self.processes % self.machines:
            raise ValueError(f"processes ({self.processes}) must be a multiple of machines ({self.machines})")
        if self.machines > 1 and not ADDRESS.fullmatch(self.main_address):
            raise ValueError(
                f"main_address is '{self.main_address}'; with {self.machines} machines it must be the first "
                "one's name or address"
            )
        if self.warmup_epochs > self.epochs:
            raise ValueError(f"warmup_epochs ({self.warmup_epochs:g}) must not exceed epochs ({self.epochs})")
        return self
