"""What probing a run costs against calling scikit-learn once a task on features computed anew for each.

`python tests/benchmarks/bench_probing.py` prints a table. Both fit and score the same probes on the same
Trifeature pairs at 64 px; they differ in how often images are encoded: here every distinct image once for all
tasks, there every image of every pair once a task. CPU seconds of this process, single thread, in one run.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from engine.dataset import MultimodalDataset, Split, load_dataset
from engine.objective import Objective, build_objective
from engine.presets.preset import load_preset
from engine.probing.linear_probe import LabelledFeatures, probe
from engine.probing.representation import FeatureExtractor
from engine.settings.experiment import ExperimentSettings
from engine.views import ViewPlan, plain_view, view_plan


def pair_by_pair(objective: Objective, split: Split, plan: ViewPlan, batch: int) -> np.ndarray:
    """Representations with every pair's images encoded for that pair."""
    with torch.inference_mode():
        parts = [
            objective.represent(plain_view(split.batch(rows), plan))
            for rows in torch.arange(len(split)).split(batch)
        ]
    return torch.cat(parts).numpy()


def probe_all(
    settings: ExperimentSettings, dataset: MultimodalDataset, objective: Objective, shared: bool
) -> tuple[float, float]:
    """CPU seconds of the features and of the probes of all tasks."""
    plan, batch = view_plan(settings, dataset.modalities), settings.probe.batch_size
    extractor = FeatureExtractor(objective, plan, torch.device("cpu"), batch)
    splits = (dataset.probe_train, dataset.probe_validation, dataset.probe_test)
    features: list[np.ndarray] = []
    seconds = [0.0, 0.0]
    for task in dataset.tasks:
        start = time.process_time()
        if not shared:
            features = [pair_by_pair(objective, split, plan, batch) for split in splits]
        elif not features:
            features = [extractor.extract(split).numpy() for split in splits]
        middle = time.process_time()
        probe(
            task,
            *(
                LabelledFeatures(x, s.labels[task.name].numpy())
                for x, s in zip(features, splits, strict=True)
            ),
            settings.probe,
        )
        seconds[0] += middle - start
        seconds[1] += time.process_time() - middle
    return seconds[0], seconds[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=2000, help="pairs to fit on and to test on")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    changes = {"data.probe_pairs": pairs, "data.test_pairs": pairs, "training.device": "cpu"}
    settings = load_preset("trifeature-small").experiment("comm", 0, changes)
    with tempfile.TemporaryDirectory() as home:
        dataset = load_dataset(settings.data, Path(home))
    objective = build_objective(settings, dataset.modalities, dataset.tasks).eval()
    ours = probe_all(settings, dataset, objective, shared=True)
    plain = probe_all(settings, dataset, objective, shared=False)
    print(
        f"| {len(dataset.tasks)} tasks, {pairs:,} + {pairs:,} pairs | features, CPU s | probes, CPU s | "
        "all, × ours |"
    )
    print("| --- | --- | --- | --- |")
    for name, (features, probes) in (("once for all tasks", ours), ("anew for each task", plain)):
        print(f"| {name} | {features:.2f} | {probes:.2f} | {(features + probes) / sum(ours):.2f} |")


if __name__ == "__main__":
    main()
