"""What a full training step of each objective costs, relative to one of CoMM in the same run.

`python tests/benchmarks/bench_objectives.py` prints a table. A full step is what the trainer does with a
batch: augmented views (as many as the objective wants), encoders, loss, backward and AdamW, for every phase
the objective has. Settings are those of a preset, images are random pixels of its size. Steps of all
objectives are interleaved and timed in CPU seconds of this process, so that neighbours on the machine disturb
the ratios little; the median counts.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from accelerate import Accelerator

from engine.dataset import MultimodalDataset, Split
from engine.datasets.trifeature import IMAGES, TASKS, image_modality
from engine.objective import build_objective
from engine.presets.preset import load_preset, method_names
from engine.recorders.folder import SilentRecorder
from engine.settings.dataset import TrifeatureSettings
from engine.training.trainer import Trainer


def random_dataset(side: int, samples: int) -> MultimodalDataset:
    """Pairs of random images with random labels, in the form of Trifeature."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (samples, 3, side, side), dtype=torch.uint8, generator=generator)
    labels = {task.name: torch.randint(0, task.classes, (samples,), generator=generator) for task in TASKS}
    split = Split(dict.fromkeys(IMAGES, images), dict.fromkeys(IMAGES, torch.arange(samples)), labels)
    return MultimodalDataset(tuple(image_modality(name, side) for name in IMAGES), TASKS, *[split] * 5)


def build_trainer(preset: str, method: str, work: Path) -> Trainer:
    """A trainer at the preset's settings, with one batch of random images."""
    settings = load_preset(preset).experiment(method, 0, {"training.device": "cpu", "training.threads": 1})
    assert isinstance(settings.data, TrifeatureSettings)
    dataset = random_dataset(settings.data.image_size, settings.training.batch_size)
    torch.manual_seed(0)
    objective = build_objective(settings, dataset.modalities, dataset.tasks)
    trainer = Trainer(objective, dataset, settings, Accelerator(cpu=True), SilentRecorder(), work)
    trainer.model.train()
    return trainer


def measure(preset: str, methods: list[str], repeats: int) -> dict[str, float]:
    """Median CPU seconds of a full step, by method."""
    with tempfile.TemporaryDirectory() as work:
        trainers = {method: build_trainer(preset, method, Path(work)) for method in methods}
        seconds: dict[str, list[float]] = {method: [] for method in methods}
        for repeat in range(repeats + 1):
            for method, trainer in trainers.items():
                start = time.process_time()
                trainer.step(torch.arange(trainer.batch_size))
                if repeat:  # the first round warms up
                    seconds[method].append(time.process_time() - start)
    return {method: statistics.median(times) for method, times in seconds.items()}


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--preset", default="trifeature-small")
    options.add_argument("--repeats", type=int, default=5)
    given = options.parse_args()
    torch.set_num_threads(1)
    times = measure(given.preset, method_names(), given.repeats)
    print(f"| full step, {given.preset} | CPU s | × CoMM |")
    print("| --- | --- | --- |")
    for method, seconds in sorted(times.items(), key=lambda item: item[1]):
        print(f"| {method} | {seconds:.3f} | {seconds / times['comm']:.2f} |")


if __name__ == "__main__":
    main()
