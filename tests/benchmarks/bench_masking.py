"""What masking costs: a training step of InfMasking relative to one of CoMM, at the published Trifeature
settings.

`python tests/benchmarks/bench_masking.py` prints a table. A step is encoders, fusion, head, loss and backward
of two augmented views of 64 pairs of 224 px images through AlexNet; d 512, 8 heads, one layer. Steps are
interleaved and timed in CPU seconds of this process, so that neighbours on the machine disturb the ratios
little; the median counts. Peak memory is each configuration's own process, over what it held before its first
step.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from engine.dataset import Modality, Samples
from engine.objective import Progress, build_objective
from engine.objectives.infmasking import masked_contrast
from engine.presets.preset import load_preset
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import AlexnetSettings

MASKS = (0, 6, 64)
"""T of each configuration; 0 is CoMM."""

BARS = {6: 1.25, 64: 1.6}
MEMORY_BAR = 1.5


def build_step(masks: int, batch: int) -> Callable[[], None]:
    """One training step of CoMM (masks 0) or InfMasking, on random images of the published size."""
    torch.manual_seed(0)
    method = "infmasking" if masks else "comm"
    settings = load_preset("trifeature-synergy").experiment(
        method, 0, {"objective.masks": masks} if masks else {}
    )
    side = 224
    modalities = [
        Modality(name, "image", (3, side, side), AlexnetSettings(), NoAugmentation())
        for name in ("image1", "image2")
    ]
    model = build_objective(settings, modalities)
    views = [{m.name: Samples(torch.randn(batch, *m.shape)) for m in modalities} for _ in range(2)]
    progress = Progress(epoch=50, epochs=100, step=0, seed=0)

    def step() -> None:
        model.zero_grad(set_to_none=True)
        model(views, progress).loss.backward()

    return step


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure_peak(masks: int, batch: int) -> None:
    """Print the GiB that two steps needed beyond the model and the images."""
    step = build_step(masks, batch)
    before = peak_gib()
    step()
    step()
    print(peak_gib() - before)


def measure_times(repeats: int, batch: int) -> dict[int, float]:
    """Median CPU seconds of a step, by T."""
    steps = {masks: build_step(masks, batch) for masks in MASKS}
    seconds: dict[int, list[float]] = {masks: [] for masks in MASKS}
    for repeat in range(repeats + 1):
        for masks, step in steps.items():
            start = time.process_time()
            step()
            if repeat:  # the first round warms up
                seconds[masks].append(time.process_time() - start)
    return {masks: statistics.median(times) for masks, times in seconds.items()}


def masked_term_ms(samples: int = 1024, width: int = 256, masks: int = 6, repeats: int = 5) -> float:
    """Median CPU milliseconds of the masked term alone, forward and backward."""
    query = torch.randn(samples, width, requires_grad=True)
    masked = torch.randn(masks, samples, width, requires_grad=True)
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        masked_contrast(query, masked, 0.1, 1.0).backward()
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times[1:])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument(
        "--peak", type=int, choices=MASKS, help="measure the memory of one configuration only"
    )
    given = options.parse_args()
    torch.set_num_threads(1)
    if given.peak is not None:
        measure_peak(given.peak, given.batch)
        return
    # memory first: Linux hands a process's peak on to the processes it starts
    command = [sys.executable, __file__, "--batch", str(given.batch), "--peak"]
    peaks = {masks: float(subprocess.check_output([*command, str(masks)], text=True)) for masks in MASKS}
    times = measure_times(given.repeats, given.batch)
    print(f"| step, batch {given.batch} | CPU s | × CoMM | allowed | peak GiB | × CoMM | allowed |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for masks in MASKS:
        name = f"InfMasking, T = {masks}" if masks else "CoMM"
        bars = (f"≤ {BARS[masks]}", f"≤ {MEMORY_BAR}") if masks else ("", "")
        cpu = f"{times[masks]:.2f} | {times[masks] / times[0]:.2f} | {bars[0]}"
        memory = f"{peaks[masks]:.2f} | {peaks[masks] / peaks[0]:.2f} | {bars[1]}"
        print(f"| {name} | {cpu} | {memory} |")
    print(f"\nThe masked term alone, 1,024 samples of width 256, T = 6: {masked_term_ms():.0f} ms CPU.")


if __name__ == "__main__":
    main()
