"""What a training step costs: time, samples a second, memory, how busy the device is, and where the host
waits for it.

A step is what the trainer does with a batch, augmented views and AdamW included. "encoders" is the same step
with nothing behind the tokens: what every method pays.
"""

import os
import tempfile
import time
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from machine import Setup, forget_accelerator, wait_for
from outcomes import Outcome
from parts import Cases
from shapes import Shape, build_trainer, fresh_objective, published, settings_of
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from engine.dataset import Samples
from engine.encoder import Tokens
from engine.objective import NO_LABELS, Labels, Objective, Progress, StepOutput, View
from engine.objectives.bases.fused import along_batch
from engine.recorders.folder import SilentRecorder
from engine.training.trainer import Trainer

METHODS = ("comm", "infmasking", "encoders")
WARM_UP = 3
MOST_STEPS = 50
PROFILED = 5
SECONDS = {"published": 3.0, "tiny": 0.2}


class EncodersAlone(Objective):
    """Encoders and tokenizers of another objective; the loss is the mean square of their tokens, times a
    learned factor.

    The factor is there so that encoders that are all frozen leave something to learn.
    """

    augmented_views = 2

    def __init__(self, whole: Objective):
        super().__init__()
        self.encoders = whole.encoders
        self.tokenizers = whole.tokenizers
        self.factor = nn.Parameter(torch.ones(()))

    def encode(self, name: str, samples: Samples) -> Tokens:
        tokens: Tokens = self.tokenizers[name](self.encoders[name](samples))
        return tokens

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        tokens = [
            self.encode(name, along_batch([view[name] for view in views])).values for name in self.encoders
        ]
        loss = self.factor * torch.stack([values.float().square().mean() for values in tokens]).mean()
        return StepOutput(loss, {})


class Told(SilentRecorder):
    """Keeps what the trainer says: that it does not compile, above all."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)


def cases(setup: Setup, name: str, how: str) -> Cases:
    """Every method in full precision, and eagerly in bfloat16 too."""
    shape = published(name, setup)
    modes = ("fp32", "bf16") if how == "eager" else ("fp32 compiled",)
    return {
        f"{method}, {mode}": partial(measure, method, mode, shape, setup)
        for mode in modes
        for method in METHODS
    }


def measure(method: str, mode: str, shape: Shape, setup: Setup) -> Outcome:
    """The figures of one method's step."""
    forget_accelerator()
    precision, _, compiled = mode.partition(" ")
    changes = {"training.precision": precision, "training.compile": bool(compiled)}
    settings = settings_of("comm" if method == "encoders" else method, shape, setup, changes)
    objective, told = fresh_objective(settings, shape), Told()
    if method == "encoders":
        objective = EncodersAlone(objective)
    with tempfile.TemporaryDirectory() as work:
        trainer = build_trainer(objective, shape, settings, Path(work), told)
        trainer.model.train()
        figures, note = time_steps(trainer, SECONDS[setup.size])
    if compiled and told.lines:
        return Outcome("not here", told.lines[0])
    return Outcome("measured", note, figures)


def time_steps(trainer: Trainer, seconds: float) -> tuple[dict[str, float], str]:
    """Figures of the trainer's step on one batch, from about so many seconds of steps."""
    device, batch = trainer.accelerator.device, torch.arange(trainer.batch_size)
    for _ in range(WARM_UP):
        one = repeat(trainer, batch, 1, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    cpu = time.process_time()
    steps = max(1, min(MOST_STEPS, int(seconds / one)))
    step = repeat(trainer, batch, steps, device)
    cpu = (time.process_time() - cpu) / steps
    figures = {"step_ms": 1000 * step, "samples_per_second": trainer.batch_size / step}
    if device.type != "cuda":
        return figures | {"cpu_ms": 1000 * cpu, "busy": cpu / step / torch.get_num_threads()}, ""
    figures["peak_gib"] = torch.cuda.max_memory_allocated(device) / 2**30
    working = device_seconds(trainer, batch, device)
    if working is not None:
        figures["busy"] = min(1.0, working / step)
    places = host_waits(trainer, batch)
    return figures | {"host_waits": len(places)}, "; ".join(dict.fromkeys(places))


def repeat(trainer: Trainer, batch: Tensor, steps: int, device: torch.device) -> float:
    """Seconds a step, of so many."""
    wait_for(device)
    start = time.perf_counter()
    for _ in range(steps):
        trainer.step(batch)
    wait_for(device)
    return (time.perf_counter() - start) / steps


def device_seconds(trainer: Trainer, batch: Tensor, device: torch.device) -> float | None:
    """Seconds a step in which kernels or copies run on the device; None where the profiler sees none."""
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        repeat(trainer, batch, PROFILED, device)
    spans = sorted(
        (event.time_range.start, event.time_range.end)
        for event in profiler.events() or ()
        if event.device_type == torch.autograd.DeviceType.CUDA
        and not getattr(event, "is_user_annotation", False)
    )
    total, reached = 0.0, float("-inf")
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total / 1e6 / PROFILED if spans else None


def host_waits(trainer: Trainer, batch: Tensor) -> list[str]:
    """Where in one step the host waits for the device, as file and line."""
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            trainer.step(batch)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return [
        f"{os.path.basename(one.filename)}:{one.lineno}" for one in caught if "synchroniz" in str(one.message)
    ]
