"""What every data set promises; they are found in `engine/datasets`, and read small files where they need
some."""

import pkgutil

import numpy as np
import published_samples as files
import pytest
import torch

import engine.datasets
from engine.dataset import is_labelled, load_dataset
from engine.settings.base import members_of
from engine.settings.dataset import DatasetSettings
from engine.settings.experiment import parse_data

NAMES = sorted(module.name for module in pkgutil.iter_modules(engine.datasets.__path__) if not module.ispkg)
SETTINGS = members_of(DatasetSettings)
SPLITS = ("train", "validation", "probe_train", "probe_validation", "probe_test")
PROBES = SPLITS[2:]
DTYPES = {"image": torch.uint8, "text": torch.int64}
SMALL = {
    "bits": {"samples": 96, "probe_samples": 120, "test_samples": 100, "features": 8},
    "trifeature": {"image_size": 32, "pairs": 96, "probe_pairs": 120, "test_pairs": 100},
    "paired_file": {"path": "paired.npz", "modalities": ["words", "facts"], "label": "y"},
    "vision_touch": {"modalities": ["image", "force", "proprioception"]},
}
"""Settings of those whose usual ones are too large, or leave something open; the others keep theirs."""


def paired(file):
    draw = np.random.default_rng(0)
    y = np.arange(120) % 3
    words, facts = draw.standard_normal((120, 5, 4)), draw.standard_normal((120, 6)) + y[:, None]
    np.savez(file, words=words, words_lengths=np.arange(120) % 5 + 1, facts=facts, y=y)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data home with every published set as its owners publish it, and a file of the user's."""
    folder = tmp_path_factory.mktemp("home")
    published = folder / "datasets"
    for name in ("mosi", "ur_funny", "mustard"):
        files.affect_file(published / name / SETTINGS[name].FILE)
    files.mimic_file(published / "mimic" / SETTINGS["mimic"].FILE)
    files.episodes(published / "vision_touch" / SETTINGS["vision_touch"].FILE)
    files.mm_imdb_folder(published / "mm_imdb" / SETTINGS["mm_imdb"].FILE)
    files.hateful_memes_folder(published / "hateful_memes" / SETTINGS["hateful_memes"].FILE)
    files.tiny_models(folder)
    paired(folder / "paired.npz")
    return folder


def settings_of(name, home):
    content = {"name": name} | SMALL.get(name, {})
    if "path" in content:
        content["path"] = str(home / content["path"])
    return parse_data(content)


@pytest.fixture(scope="module", params=NAMES)
def loaded(request, home):
    settings = settings_of(request.param, home)
    return settings, load_dataset(settings, home)


def whole(split):
    return split.batch(torch.arange(len(split)))


def test_every_file_has_settings_of_its_name_and_the_other_way_round():
    assert set(NAMES) == set(SETTINGS)


def test_modalities_are_named_as_the_settings_say_before_anything_is_read(loaded):
    settings, data = loaded
    assert [m.name for m in data.modalities] == list(settings.modality_kinds)
    assert all(settings.modality_kinds[m.name] in (m.kind, None) for m in data.modalities)
    assert len(settings.modality_kinds) >= 2


def test_items_have_the_stated_shape_and_dtype_and_no_gaps(loaded):
    _, data = loaded
    for name in SPLITS:
        split = getattr(data, name)
        batch = whole(split)
        assert list(batch) == [m.name for m in data.modalities]
        for m in data.modalities:
            values = batch[m.name].values
            assert values.shape == (len(split), *m.shape), (name, m.name)
            assert values.dtype == DTYPES.get(m.kind, torch.float32), (name, m.name)
            assert values.isfinite().all()


def test_rows_are_aligned_and_point_at_items(loaded):
    _, data = loaded
    for name in SPLITS:
        split = getattr(data, name)
        assert len(split) >= 2, name
        for m in data.modalities:
            rows = split.rows[m.name]
            assert rows.dtype == torch.int64 and len(rows) == len(split)
            assert rows.min() >= 0 and rows.max() < len(split.items[m.name])
        assert split.groups is None or split.groups.shape == (len(split),)


def test_padding_stands_behind_and_leaves_something(loaded):
    _, data = loaded
    for name in SPLITS:
        split = getattr(data, name)
        for m, lengths in split.lengths.items():
            kinds = {one.name: one.kind for one in data.modalities}
            assert kinds[m] in ("sequence", "text")
            assert len(lengths) == len(split.items[m])
            used = lengths[split.rows[m]]
            assert (used >= 1).all() and (used <= split.items[m][split.rows[m][:1]].shape[1]).all()
            assert not split.batch(torch.arange(len(split)))[m].is_padding[:, 0].any()


def test_one_item_is_fetched_as_in_a_batch(loaded):
    _, data = loaded
    rows = torch.tensor([1, 0, 1])
    for name in SPLITS:
        split = getattr(data, name)
        everything, some = whole(split), split.batch(rows)
        for m in data.modalities:
            assert torch.equal(some[m.name].values, everything[m.name].values[rows])


def test_labels_of_every_task_stand_in_the_probe_splits(loaded):
    _, data = loaded
    assert data.tasks and len({task.name for task in data.tasks}) == len(data.tasks)
    for task in data.tasks:
        assert task.name not in {m.name for m in data.modalities}
        for name in PROBES:
            labels = getattr(data, name).labels[task.name]
            assert len(labels) == len(getattr(data, name))
            check_labels(task, labels)


def check_labels(task, labels):
    """What stands in the rows that have a label; the others say so as their dtype allows."""
    labels = labels[is_labelled(labels)]
    assert len(labels)
    if task.kind == "classification":
        assert labels.dtype == torch.int64 and labels.ndim == 1
        assert labels.min() >= 0 and labels.max() < task.classes
        assert task.chance is None or 0 < task.chance < 1
    elif task.kind == "multilabel":
        assert labels.shape[1:] == (task.classes,)
        assert ((labels == 0) | (labels == 1)).all()
    else:
        assert labels.is_floating_point() and labels.isfinite().all()
    assert not task.class_names or len(task.class_names) == task.classes


def test_labels_given_in_training_are_of_the_same_kind(loaded):
    _, data = loaded
    tasks = {task.name: task for task in data.tasks}
    for name in ("train", "validation"):
        split = getattr(data, name)
        for task, labels in split.labels.items():
            assert len(labels) == len(split)
            check_labels(tasks[task], labels)


def content_of(data):
    """Everything in it, as tensors by place."""
    found = {}
    for name in SPLITS:
        split = getattr(data, name)
        found |= {(name, m, "values"): samples.values for m, samples in whole(split).items()}
        found |= {(name, task, "label"): labels for task, labels in split.labels.items()}
    return found


def test_the_settings_decide_everything_and_global_generators_nothing(loaded, home):
    settings, data = loaded
    states = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    again = load_dataset(settings, home)
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])
    torch.rand(3), np.random.random()
    first, second = content_of(data), content_of(again)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[place], second[place]) for place in first)
    assert [m.name for m in again.modalities] == [m.name for m in data.modalities]
    assert again.tasks == data.tasks


def test_a_sample_of_the_test_is_in_no_other_split(loaded):
    """Sets that draw samples anew may repeat one by chance; where the content is real-valued they do not."""
    _, data = loaded
    tested = pairs(data.probe_test, data)
    for name in SPLITS[:-1]:
        assert not tested & pairs(getattr(data, name), data), name


def pairs(split, data):
    """The content of every sample, hashable."""
    batch = whole(split)
    columns = [batch[m.name].values.reshape(len(split), -1).numpy() for m in data.modalities]
    return {tuple(column[i].tobytes() for column in columns) for i in range(len(split))}
