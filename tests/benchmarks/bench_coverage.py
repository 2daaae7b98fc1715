"""Decomposition from samples: error, false synergy, whether "at least" is true, and time, on sets with known
truth.

`python tests/benchmarks/bench_coverage.py [repetitions]`; with 5 of 14 populations the lower limit is tried
on 84 sets.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from engine.information import decompose_samples
from engine.settings.decomposition import EstimatorSettings

sys.path.append(str(Path(__file__).parents[1]))  # after the engine: the folder of its tests has the same name

from sample_sets import draw, populations

STRONG = EstimatorSettings(probe="mlp", controls=0, curve=False, permutations=19)
FULL = EstimatorSettings(probe="mlp")
ATOMS = {"redundancy": "R", "unique1": "U1", "unique2": "U2", "synergy": "S"}
BARS = {500: ("–", "0.050"), 2000: ("0.050", "0.020"), 10_000: ("0.020", "0.010")}
NOTHING = 1e-6


def read(case, n, repetition, settings):
    """Errors of the four parts, the limit's excess over the truth, and CPU seconds."""
    one = draw(case, n, repetition)
    start = time.process_time()
    found = decompose_samples(np.hstack([one.x1, one.x2]), one.x1, one.x2, one.y, settings=settings)
    spent = time.process_time() - start
    errors = {short: getattr(found, atom).value - case["truth_bits"][short] for atom, short in ATOMS.items()}
    return errors, found.synergy.low - case["truth_bits"]["S"], spent


def main():
    """Print both tables."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    cases = populations()
    print(
        "| N | sets | mean error of S | bar | most above | all parts | false S | bar | lower limit true | "
        "CPU-s a task |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for n, (bar, false_bar) in BARS.items():
        errors, limits, spent, false = defaultdict(list), [], [], [0.0]
        # the sets of the golden folder, then repeated draws where that is affordable
        for repetition in [None, *range(repetitions if n == 2000 else 0)]:
            for case in cases.values():
                found, limit, seconds = read(
                    case, n, repetition, FULL if repetition is None and n == 2000 else STRONG
                )
                for short, error in found.items():
                    errors[short].append(error)
                limits.append(limit)
                if repetition is None:
                    spent.append(seconds)
                if case["truth_bits"]["S"] < NOTHING:
                    false.append(found["S"])
        synergy = np.array(errors["S"])
        parts = np.abs([error for own in errors.values() for error in own]).mean()
        held = np.mean(np.array(limits) <= NOTHING)
        of_synergy = f"{np.abs(synergy).mean():.4f} | {bar} | {synergy.max():.4f}"
        figures = f"{of_synergy} | {parts:.4f} | {max(false):.4f} | {false_bar}"
        print(
            f"| {n:,} | {len(limits)} | {figures} | {100 * held:.0f} % | {np.median(spent):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
