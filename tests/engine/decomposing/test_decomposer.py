"""Decomposition in a run: what is stored, that training does not notice, that no failure loses the run, and
its samples."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_runs import lines, messages

from engine.dataset import MultimodalDataset, Split, Task, load_dataset
from engine.decomposing.decomposer import Decomposer, guarded, sides_of
from engine.decomposing.samples import pool_samples, shuffled_within_labels
from engine.experiment import decompose_checkpoint, run_experiment
from engine.information.results import InformationError, SampleDecomposition
from engine.objective import build_objective
from engine.recorders.folder import FolderRecorder
from engine.settings.decomposition import DecompositionSettings
from engine.settings.experiment import parse
from engine.views import view_plan

QUICK = {"every": 0, "draws": 50, "permutations": 19, "controls": 1, "curve": False, "fold_seeds": 1}


def settings_of(method="comm", *, training=None, symbols=3, **decomposition):
    data = {
        "name": "bits",
        "samples": 300,
        "probe_samples": 200,
        "test_samples": 400,
        "features": 16,
        "synergy_symbols": 3,
    }
    return parse(
        {
            "data": data | {"redundant_symbols": symbols, "unique_symbols": 3},
            "objective": {"name": method}
            | ({"projection": {"hidden": 16, "width": 8}} if method in ("infmasking", "comm") else {}),
            "encoders": {
                name: {"name": "mlp", "hidden": [16], "tokens": 2, "width": 8} for name in ("x1", "x2")
            },
            "fusion": {"width": 16, "heads": 2},
            "training": {"epochs": 3, "batch_size": 32, "threads": 1, "device": "cpu", "log_every": 2}
            | (training or {}),
            "probe": {"refine": False},
            "decomposition": QUICK | decomposition,
        }
    )


def stored(folder):
    rows = lines(folder, "decompositions.jsonl")
    return [row | {"content": SampleDecomposition.model_validate(row["content"])} for row in rows]


def timeless(rows):
    return [row | {"content": row["content"].model_copy(update={"seconds": 0.0})} for row in rows]


def test_every_task_of_the_trained_and_the_untrained_encoder(tmp_path):
    settings = settings_of()
    assert run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path) == "finished"
    rows = stored(tmp_path / "run")
    tasks = [task.name for task in load_dataset(settings.data, tmp_path).tasks]
    assert {(row["task"], row["encoder"], row["epoch"]) for row in rows} == {
        (task, encoder, epoch) for task in tasks for encoder, epoch in (("trained", 3), ("untrained", 0))
    }
    assert {row["sides"] for row in rows} == {"x1 | x2"}
    for row in rows:
        assert row["content"].ceiling_kind == "exact"
        assert row["content"].n == 600  # all: held out alone they would be fewer than 2,000
    decompose_checkpoint(
        tmp_path / "run" / "last.safetensors", FolderRecorder(tmp_path / "again"), tmp_path, {}
    )
    assert timeless(stored(tmp_path / "again")) == timeless(rows)


def test_decomposing_while_training_changes_no_bit_of_it(tmp_path):
    plain, watched = settings_of(enabled=False), settings_of(every=1, share=1.0)
    run_experiment(plain, FolderRecorder(tmp_path / "plain"), tmp_path)
    run_experiment(watched, FolderRecorder(tmp_path / "watched"), tmp_path)
    one, other = (load_file(tmp_path / name / "last.safetensors") for name in ("plain", "watched"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not (tmp_path / "plain" / "decompositions.jsonl").exists()
    epochs = {row["epoch"] for row in stored(tmp_path / "watched") if row["encoder"] == "trained"}
    assert 3 in epochs and epochs & {1, 2}
    keys = {key for row in lines(tmp_path / "watched", "metrics.jsonl") for key in row}
    assert "bits/synergy_low/synergy" in keys


def test_by_default_there_are_points_on_the_way_without_controls(tmp_path):
    run_experiment(settings_of(every=-1, share=1.0, curve=True), FolderRecorder(tmp_path / "run"), tmp_path)
    trained = [row for row in stored(tmp_path / "run") if row["encoder"] == "trained"]
    on_the_way = [row["content"] for row in trained if row["epoch"] < 3]
    assert on_the_way and all(one.permuted is None and not one.curve for one in on_the_way)
    end = [row["content"] for row in trained if row["epoch"] == 3]
    assert end and all(one.permuted is not None and one.curve for one in end)


@pytest.mark.parametrize("epochs", [5, 6, 7, 8, 9, 10, 15, 16, 17, 50, 64, 100, 1000])
def test_by_default_six_to_nine_points(epochs):
    period = DecompositionSettings().period(epochs)
    points = {0, *range(period, epochs, period), epochs}
    assert 6 <= len(points) <= 9


def test_a_period_that_was_chosen_is_kept():
    assert DecompositionSettings(every=0).period(100) == 0
    assert DecompositionSettings(every=7).period(100) == 7
    assert DecompositionSettings(enabled=False).period(100) == 0


def test_no_more_than_its_share_of_the_time(tmp_path):
    """A tiny run trains for much less time than one decomposition takes, so that after the first none can
    follow."""
    run_experiment(
        settings_of(every=1, share=0.001, training={"epochs": 6}), FolderRecorder(tmp_path / "run"), tmp_path
    )
    during = {row["epoch"] for row in stored(tmp_path / "run") if row["encoder"] == "trained"} - {6}
    assert len(during) == 1


def test_a_failure_never_loses_the_run(tmp_path):
    settings = settings_of(folds=20, largest=100, symbols=10)
    assert run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path) == "finished"
    said = "\n".join(messages(tmp_path / "run"))
    assert "no decomposition of share: of 10 classes" in said
    assert "20 samples or more, one for each of the 20 folds" in said
    assert (tmp_path / "run" / "results.jsonl").exists()


def test_a_method_of_one_modality_is_told(tmp_path):
    run_experiment(settings_of("simclr"), FolderRecorder(tmp_path / "run"), tmp_path)
    assert "the method reads one modality alone" in "\n".join(messages(tmp_path / "run"))


@pytest.mark.parametrize(("method", "warned"), [("mae", True), ("comm", False)])
def test_methods_that_never_see_one_modality_are_warned_of(method, warned, tmp_path):
    settings = settings_of(method, training={"epochs": 1})
    run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path)
    rows = [row["content"] for row in stored(tmp_path / "run") if row["encoder"] == "trained"]
    assert all(any("never trained on single" in text for text in row.warnings) == warned for row in rows)
    assert all(row.p_synergy <= row.p_synergy_holm <= min(1, 4 * row.p_synergy) for row in rows)


def test_sides():
    assert [str(sides) for sides in sides_of(["a", "b"])] == ["a | b"]
    assert [str(sides) for sides in sides_of(["a", "b", "c"])] == [
        "a | b, c",
        "b | a, c",
        "c | a, b",
        "a | b",
        "a | c",
        "b | c",
    ]
    assert sides_of(["a"]) == []


def test_reading_leaves_the_objective_as_it_was(tmp_path):
    settings = settings_of()
    dataset = load_dataset(settings.data, tmp_path)
    objective = build_objective(settings, dataset.modalities, dataset.tasks).train()
    before = {name: value.clone() for name, value in objective.state_dict().items()}
    plan = view_plan(settings, dataset.modalities)
    decomposer = Decomposer(dataset, settings.decomposition, 0, plan, torch.device("cpu"), 64, False)
    state = torch.random.get_rng_state()
    decomposer.read(objective)
    assert objective.training
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, objective.state_dict()[name]) for name, value in before.items())


def pairs(images, first, second, labels):
    """A split of pairs of items from one collection."""
    items = torch.arange(images * 4.0).view(images, 4)
    rows = {"x1": torch.as_tensor(first), "x2": torch.as_tensor(second)}
    return Split({"x1": items, "x2": items}, rows, {"task": torch.as_tensor(labels)})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (range(200), range(200), None),
        ([k // 4 for k in range(200)], [k // 4 for k in range(200)], 50),
        ([k // 4 for k in range(200)], [(7 * k) % 100 for k in range(200)], 25),
        ([0] * 200, range(200), None),
    ],
)
def test_samples_that_share_items_stay_together(first, second, expected, tmp_path):
    settings = settings_of()
    dataset = load_dataset(settings.data, tmp_path)
    made = pairs(200, list(first), list(second), [k % 2 for k in range(200)])
    task = dataset.tasks[0].__class__(name="task", kind="classification", classes=2)
    changed = dataset.__class__(
        dataset.modalities, (task,), made, made, made, made.select(torch.arange(0)), made
    )
    pool = pool_samples(changed, settings.decomposition.model_copy(update={"samples": "held-out"}), 0, False)
    assert (None if pool.groups is None else len(np.unique(pool.groups))) == expected


def test_shuffling_within_a_label_keeps_every_label(tmp_path):
    settings = settings_of()
    dataset = load_dataset(settings.data, tmp_path)
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    mixed = shuffled_within_labels(pool, "synergy", ["x2"], 0)
    for before, after in zip(pool.parts(), mixed.parts(), strict=True):
        assert torch.equal(before.rows["x1"], after.rows["x1"])
        assert not torch.equal(before.rows["x2"], after.rows["x2"])
        labels = before.labels["synergy"]
        for label in labels.unique():
            assert sorted(before.rows["x2"][labels == label].tolist()) == sorted(
                after.rows["x2"][labels == label].tolist()
            )


def of_files(folder, parts, groups=None, repeated=1):
    """A data set of 240 samples, each `repeated` times, in three splits, and its settings."""
    settings = settings_of(samples="auto")
    source = torch.Generator().manual_seed(0)
    items = {
        name: torch.randn(240, 16, generator=source).repeat_interleave(repeated, 0) for name in ("x1", "x2")
    }
    labels = {"task": torch.randint(2, (240,), generator=source).repeat_interleave(repeated)}

    def split(part):
        at = torch.arange(part, 240 * repeated, 3)
        own = None if groups is None else groups[at]
        return Split(items, dict.fromkeys(items, at), {"task": labels["task"][at]}, groups=own)

    dataset = load_dataset(settings.data, folder)
    made = [split(part) for part in range(3)]
    task = Task("task", "classification", classes=2)
    changed = MultimodalDataset(dataset.modalities, (task,), *made[:2], *made, is_split_given=parts)
    return changed, settings


def test_a_split_that_was_given_is_kept_and_read_on_what_is_held_out(tmp_path):
    dataset, settings = of_files(tmp_path, parts=True)
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    assert np.bincount(pool.given).tolist() == [80, 80, 80]
    small = pool.at_most(120, 0)
    assert np.bincount(small.given > 0).tolist() == [60, 60]
    assert np.bincount(pool_samples(dataset, settings.decomposition, 0, True).given).tolist() == [0, 80, 80]
    objective = build_objective(settings, dataset.modalities, dataset.tasks)
    plan = view_plan(settings, dataset.modalities)
    decomposer = Decomposer(dataset, settings.decomposition, 0, plan, torch.device("cpu"), 64, False)
    found = next(iter(decomposer.read(objective).values()))["task"]
    assert found.n == 160
    assert any("the data came with a split" in text for text in found.warnings)


def test_groups_and_equal_samples_stay_together(tmp_path):
    dataset, settings = of_files(tmp_path, parts=False, groups=torch.arange(240) // 6)
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    assert pool.given is None and pool.said == ()
    assert len(np.unique(pool.groups)) == 40
    dataset, settings = of_files(tmp_path, parts=False, repeated=4)
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    assert len(np.unique(pool.groups)) == 240
    assert "720 rows repeat another one of 960" in pool.said[0]


def test_samples_without_a_label_are_left_out_of_its_task(tmp_path):
    dataset, settings = of_files(tmp_path, parts=False)
    for split in (dataset.probe_train, dataset.probe_validation):
        split.labels["task"][:30] = -1
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    assert len(pool) == 180 and pool.labelled["task"].all()


def test_a_fault_of_ours_leaves_its_trace_in_the_log_and_a_line_in_the_run(caplog, tmp_path):
    recorder = FolderRecorder(tmp_path)

    def broken():
        raise KeyError("nothing there")

    assert not guarded(recorder, "epoch 3", broken)
    assert "the decomposition of epoch 3 failed: KeyError" in "\n".join(messages(tmp_path))
    assert "in broken" in caplog.text and "Traceback" in caplog.text
    assert not guarded(recorder, "epoch 4", lambda: (_ for _ in ()).throw(InformationError("too few")))
    assert "Traceback" not in caplog.text.split("in broken")[1]
