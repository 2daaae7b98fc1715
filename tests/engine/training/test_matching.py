"""Which data a checkpoint's weights can read, and which are those of the run that saved a state."""

from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from objective_cases import TASKS, experiment, modalities, view

from engine.dataset import MultimodalDataset, Split
from engine.encoder import EncoderError
from engine.objective import build_objective
from engine.training.checkpoint import Checkpoint
from engine.training.checkpoint_header import CheckpointError
from engine.training.matching import check_readable

NAMES = ("scene", "speech", "table")


def checkpoint(method="comm"):
    trained = tuple(modalities(*NAMES))
    torch.manual_seed(0)
    objective = build_objective(experiment(method), trained, TASKS).eval()
    return Checkpoint(objective, experiment(method), trained, TASKS, MappingProxyType({}))


def data(changes=None, tasks=TASKS):
    empty = Split({}, {})
    given = tuple(replace(m, **(changes or {}).get(m.name, {})) for m in modalities(*NAMES))
    return MultimodalDataset(given, tasks, *[empty] * 5)


def test_the_same_data_fit():
    check_readable(checkpoint(), data(), "file")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"table": {"shape": (8,)}}, "table vector 7 → vector 8"),
        ({"speech": {"shape": (6, 4)}}, "speech sequence 5 → sequence 4"),
        ({"scene": {"shape": (1, 16, 16)}}, "scene image 3 → image 1"),
        ({"table": {"kind": "text", "shape": (7,)}}, "table vector 7 → text"),
        ({"table": {"name": "chart"}}, "modalities scene, speech, table → scene, speech, chart"),
    ],
)
def test_what_weights_cannot_read_is_told_in_one_line(changes, line):
    with pytest.raises(CheckpointError) as caught:
        check_readable(checkpoint(), data(changes), "file")
    assert str(caught.value) == f"file does not fit these data: {line}"


def test_other_sizes_are_read_where_the_encoder_takes_them():
    """Images of another size give another feature map, whose positions are the usual ones resized."""
    changes = {"scene": {"shape": (3, 24, 20)}, "speech": {"shape": (9, 5)}}
    trained = checkpoint()
    check_readable(trained, data(changes), "file")
    usual = trained.objective.represent(view(NAMES, 4, 1))
    larger = view(NAMES, 4, 1)
    larger["scene"] = larger["scene"]._replace(values=torch.randn(4, 3, 24, 20))
    found = trained.objective.represent(larger)
    assert found.shape == usual.shape and found.isfinite().all() and not torch.equal(found, usual)
    with pytest.raises(EncoderError, match=r"needs images of at least 4 px a side; 'scene' has 2 × 2"):
        check_readable(trained, data({"scene": {"shape": (3, 2, 2)}}), "file")


def test_classes_may_differ_only_where_no_loss_saw_the_labels():
    tasks = tuple(replace(task, classes=5) if task.name == "word" else task for task in TASKS)
    check_readable(checkpoint(), data(tasks=tasks), "file")
    with pytest.raises(CheckpointError, match=r"word classification of 3 → classification of 5$"):
        check_readable(checkpoint("supervised"), data(tasks=tasks), "file")
    with pytest.raises(CheckpointError, match=r"tags multilabel → nothing"):
        check_readable(checkpoint(), data(tasks=TASKS[:1] + TASKS[2:]), "file")
