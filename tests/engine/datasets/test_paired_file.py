"""The user's own file as a data set: formats, splits, labels, lengths, scaling, and every refusal in one
line."""

from pathlib import Path

import numpy as np
import polars
import pytest
import torch
from safetensors.numpy import save_file

from engine.dataset import is_labelled
from engine.datasets.paired_file import load
from engine.errors import DatasetError
from engine.settings.dataset import PairedFileSettings

MOSI = Path(__file__).parents[3].parent / "shared/data/mosi_utterances"
N = 60


def arrays(n=N, seed=0):
    dice = np.random.default_rng(seed)
    return {
        "text": dice.normal(3, 2, (n, 5)).astype(np.float32),
        "audio": dice.normal(-1, 4, (n, 7, 3)),
        "label": np.arange(n) % 3 + 5,
    }


def save(path, content):
    if path.suffix == ".npz":
        np.savez(path, **content)
    elif path.suffix == ".safetensors":
        save_file({name: np.ascontiguousarray(values) for name, values in content.items()}, path)
    else:
        polars.DataFrame(
            {
                name: values if isinstance(values, list) else values.tolist()
                for name, values in content.items()
            }
        ).write_parquet(path)
    return path


def settings(path, **changes):
    return PairedFileSettings(
        **{"path": str(path), "modalities": ("text", "audio"), "label": "label"} | changes
    )


def open_file(path, **changes):
    return load(settings(path, **changes), Path("unused"))


def of(split, name):
    return split.items[name][split.rows[name]]


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".parquet"])
def test_every_format_gives_the_same_data(tmp_path, ending):
    data = open_file(save(tmp_path / f"file{ending}", arrays()), standardise=False)
    assert [(m.name, m.kind, m.shape) for m in data.modalities] == [
        ("text", "vector", (5,)),
        ("audio", "sequence", (7, 3)),
    ]
    assert (len(data.train), len(data.validation), len(data.probe_test)) == (42, 6, 12)
    rows = torch.cat([data.train.rows["text"], data.validation.rows["text"], data.probe_test.rows["text"]])
    assert sorted(rows.tolist()) == list(range(N))
    assert torch.equal(
        of(data.train, "audio"), torch.from_numpy(arrays()["audio"]).float()[data.train.rows["audio"]]
    )
    assert torch.equal(
        data.probe_test.labels["label"], torch.from_numpy(arrays()["label"] - 5)[data.probe_test.rows["text"]]
    )
    assert torch.equal(data.probe_train.rows["text"], data.train.rows["text"])
    assert torch.equal(
        data.train.labels["label"], torch.from_numpy(arrays()["label"] - 5)[data.train.rows["text"]]
    )


def test_a_drawn_split_is_stratified_and_depends_on_its_seed_alone(tmp_path):
    path = save(tmp_path / "file.npz", arrays(300))
    one, two, other = (open_file(path, seed=seed) for seed in (1, 1, 2))
    for name in ("probe_train", "probe_validation", "probe_test"):
        counts = torch.bincount(getattr(one, name).labels["label"])
        assert counts.max() - counts.min() <= 1
        assert torch.equal(getattr(one, name).rows["text"], getattr(two, name).rows["text"])
        assert not torch.equal(getattr(one, name).rows["text"], getattr(other, name).rows["text"])


def test_train_and_test_names_give_the_split(tmp_path):
    content = {f"train_{k}": v for k, v in arrays(40).items()} | {
        f"test_{k}": v for k, v in arrays(20, 1).items()
    }
    data = open_file(save(tmp_path / "file.npz", content), standardise=False)
    assert len(data.probe_test) == 20 and len(data.train) + len(data.validation) == 40
    assert torch.equal(of(data.probe_test, "text"), torch.from_numpy(arrays(20, 1)["text"]))
    content |= {f"val_{k}": v for k, v in arrays(10, 2).items()}
    data = open_file(save(tmp_path / "more.npz", content), standardise=False)
    assert len(data.train) == 40 and torch.equal(
        of(data.validation, "text"), torch.from_numpy(arrays(10, 2)["text"])
    )


@pytest.mark.parametrize("prefixed", [True, False])
def test_a_test_file_gives_the_test_rows(tmp_path, prefixed):
    train, test = arrays(40), arrays(20, 1)
    if prefixed:
        train, test = {f"train_{k}": v for k, v in train.items()}, {f"test_{k}": v for k, v in test.items()}
    save(tmp_path / "train.npz", train)
    data = open_file(
        tmp_path / "train.npz", test_path=str(save(tmp_path / "test.safetensors", test)), standardise=False
    )
    assert torch.equal(of(data.probe_test, "text"), torch.from_numpy(arrays(20, 1)["text"]))
    assert len(data.train) + len(data.validation) == 40


@pytest.mark.parametrize("ending", [".npz", ".parquet"])
def test_a_split_column_gives_the_split(tmp_path, ending):
    split = np.array(["Train"] * 40 + ["dev"] * 8 + ["test"] * 12)
    data = open_file(save(tmp_path / f"file{ending}", arrays() | {"split": split}))
    assert [len(s) for s in (data.train, data.validation, data.probe_test)] == [40, 8, 12]
    assert data.probe_test.rows["text"].tolist() == list(range(48, 60))


def test_features_are_scaled_by_the_training_rows_alone(tmp_path):
    content = arrays()
    content["text"][:, 2] = 0.1  # never varies
    data = open_file(save(tmp_path / "file.npz", content))
    train = of(data.train, "text")
    assert train.mean(0).abs().max() < 1e-5
    assert train.std(0, correction=0)[[0, 1, 3, 4]].tolist() == pytest.approx([1.0] * 4, abs=1e-4)
    assert of(data.probe_test, "text")[:, 2].abs().max() < 1e-6
    steps = of(data.train, "audio").reshape(-1, 3)
    assert steps.mean(0).abs().max() < 1e-5 and steps.std(0, correction=0).tolist() == pytest.approx(
        [1.0] * 3, abs=1e-4
    )
    assert of(data.probe_test, "text").mean(0).abs().max() > 1e-3


def test_lengths_say_which_steps_are_valid(tmp_path):
    content, lengths = arrays(), np.arange(N) % 7 + 1
    content["audio"] += 5
    data = open_file(save(tmp_path / "file.npz", content | {"audio_lengths": lengths}))
    batch = data.train.batch(torch.arange(len(data.train)))
    is_padding = batch["audio"].is_padding
    assert torch.equal(is_padding.sum(1), torch.from_numpy(7 - lengths)[data.train.rows["audio"]])
    assert (batch["audio"].values[is_padding] == 0).all() and batch["text"].is_padding is None
    assert batch["audio"].values[~is_padding].mean(0).abs().max() < 1e-5, "scaled over the valid steps"


def test_lists_of_different_lengths_in_parquet_are_sequences(tmp_path):
    dice = np.random.default_rng(0)
    ragged = [dice.normal(size=(1 + i % 5, 3)).tolist() for i in range(N)]
    data = open_file(save(tmp_path / "file.parquet", arrays() | {"audio": ragged}), standardise=False)
    assert data.modalities[1].shape == (5, 3)
    samples = data.probe_test.batch(torch.arange(12))["audio"]
    for row, values, is_padding in zip(data.probe_test.rows["audio"].tolist(), *samples, strict=True):
        assert values[~is_padding].tolist() == [pytest.approx(step, abs=1e-6) for step in ragged[row]]


def test_images_stay_bytes(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (N, 3, 20, 24), dtype=np.uint8)
    data = open_file(
        save(tmp_path / "file.npz", arrays() | {"picture": images}), modalities=("text", "picture")
    )
    assert data.modalities[1].kind == "image" and data.modalities[1].augmentation.name == "simclr"
    assert data.train.items["picture"].dtype == torch.uint8
    assert torch.equal(data.train.items["picture"], torch.from_numpy(images))


@pytest.mark.parametrize(
    ("label", "kind", "classes"),
    [
        (np.arange(N) % 4 * 10 - 20, "classification", 4),
        (np.arange(N) % 2 == 0, "classification", 2),
        ((np.arange(N) % 3)[:, None], "classification", 3),
        (np.array(["no", "yes"])[np.arange(N) % 2], "classification", 2),
        (np.linspace(-3, 3, N), "regression", 0),
        (np.stack([np.arange(N) % 2, np.arange(N) % 3 == 0], 1).astype(np.int64), "multilabel", 2),
    ],
)
def test_the_label_decides_the_task(tmp_path, label, kind, classes):
    data = open_file(save(tmp_path / "file.npz", arrays() | {"label": label}))
    (task,) = data.tasks
    assert (task.name, task.kind, task.classes, task.measures) == ("label", kind, classes, "label")
    labels = data.probe_train.labels["label"]
    if kind == "classification":
        assert sorted(labels.unique().tolist()) == list(range(classes)) and task.chance == pytest.approx(
            1 / classes
        )
        names = np.array(task.class_names)[labels.numpy()]
        assert (names == label.reshape(-1).astype(str)[data.probe_train.rows["text"].numpy()]).all()
    elif kind == "regression":
        assert labels.numpy() == pytest.approx(label[data.probe_train.rows["text"].numpy()], abs=1e-6)
    else:
        assert torch.equal(labels, torch.from_numpy(label)[data.probe_train.rows["text"]])


def test_text_labels_of_two_parquet_files_are_counted_together(tmp_path):
    train = arrays(30) | {"label": ["b", "c", "d"] * 10}
    test = arrays(9) | {"label": ["d", "b", "b"] * 3}
    save(tmp_path / "train.parquet", train)
    data = open_file(tmp_path / "train.parquet", test_path=str(save(tmp_path / "test.parquet", test)))
    assert data.tasks[0].class_names == ("b", "c", "d")
    assert data.probe_test.labels["label"].tolist() == [2, 0, 0] * 3


# Refusals


def changed(**changes):
    return {name: values for name, values in (arrays() | changes).items() if values is not None}


def with_value(value, row=7):
    text = arrays()["text"].astype(np.float64)
    text[row, 1] = value
    return changed(text=text)


REFUSED = [
    (changed(text=None), {}, "no array 'text' in file.npz; it has audio, label"),
    (changed(texts=arrays()["text"], text=None), {}, "no array 'text' in file.npz (did you mean 'texts'?); "
        "it has"),
    (changed(audio=arrays()["audio"][:50]), {}, "file.npz: the rows do not align: text has 60, audio has "
        "50, label has 60"),
    (with_value(np.nan), {}, "file.npz: 'text' has NaN in row 7 (counted from 0); 1 of 60 rows have such "
        "values"),
    (with_value(-np.inf), {}, "file.npz: 'text' has an infinite value in row 7 (counted from 0)"),
    (with_value(1e300), {}, "file.npz: 'text' has 1e+300, past float32, in row 7"),
    (changed(label=np.full(N, np.nan)), {}, "the label 'label' has no value in any row"),
    (changed(label=np.zeros(N, int)), {}, "the label 'label' has one class only, '0'; at least two are "
        "needed"),
    (changed(label=np.array([1] + [0] * 59)), {}, "class '1' of the label 'label' has 1 row to train on; 4 "
        "are needed"),
    (changed(label=np.full(N, 0.5)), {}, "the label 'label' is 0.5 in every row"),
    (changed(label=np.ones((N, 3))), {}, "column 0 of the label 'label' is 1 in every row"),
    (changed(label=np.arange(2 * N).reshape(N, 2)), {}, "the label 'label' has 2 columns, so all its values "
        "must be 0 or 1"),
    (changed(label=np.zeros((N, 2, 2))), {}, "the label 'label' has the shape (60, 2, 2); allowed are"),
    (changed(text=np.zeros(N)), {}, "the modality 'text' has the shape (60,); allowed are (rows, d)"),
    (changed(text=np.zeros((N, 1, 1, 1, 2))), {}, "file.npz: 'text' has the shape (60, 1, 1, 1, 2); allowed "
        "are 1 to 4 axes"),
    (changed(text=np.zeros((N, 8, 8, 3), np.uint8)), {}, "move the channels to the second axis"),
    (changed(text=np.zeros((N, 3, 8, 8))), {}, "file.npz: 'text' is of type float64; images are uint8, 0 to "
        "255"),
    (changed(text=np.zeros((N, 0))), {}, "file.npz: 'text' has the shape (60, 0): nothing is in it"),
    (changed(text=np.array(["a"] * N)), {}, "the modality 'text' is text; give numbers"),
    (changed(text=np.array([{}] * N)), {}, "file.npz: 'text' holds Python objects: a dict at place 0"),
    (changed(text=np.zeros((N, 2), complex)), {}, "file.npz: 'text' is of type complex128; save whole or "
        "decimal numbers"),
    (changed(audio_lengths=np.full(N, 8)), {}, "says 8 steps in row 0 (counted from 0); allowed are 1 to 7"),
    (changed(audio_lengths=np.zeros(N, int)), {}, "says 0 steps in row 0"),
    (changed(audio_lengths=np.ones(N)), {}, "'audio_lengths' must hold one whole number a row; it is "
        "float64"),
    (changed(split=np.array(["train", "test", "new"] * 20)), {}, "'split' holds new; allowed are train, "
        "validation, test"),
    (changed(split=np.arange(N) % 2), {}, "'split' holds numbers (int64); allowed are train, validation, "
        "test"),
    (changed(split=np.array(["test"] * N)), {}, "'split' names no train rows"),
    ({name: values[:9] for name, values in arrays().items()}, {}, "class '5' of the label 'label' has 3 "
        "rows to train on"),
    ({n: v[:6] for n, v in changed(label=np.linspace(0, 1, N)).items()}, {}, "the data leave 4 rows for "
        "training; at least 8"),
    (arrays(), {"max_gigabytes": 1e-6}, "kB; 1 kB are allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "changes", "line"), REFUSED, ids=[line[:60] for _, _, line in REFUSED])
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, content, changes, line):
    path = tmp_path / "file.npz"
    np.savez(path, allow_pickle=True, **content)
    with pytest.raises(DatasetError) as caught:
        open_file(path, **changes)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_lengths_beside_a_vector_are_left_out_with_a_note(tmp_path):
    path = save(tmp_path / "file.npz", changed(text_lengths=np.ones(N, int)))
    data = open_file(path)
    assert data.modalities[0].kind == "vector" and "text" not in data.train.lengths
    assert [note for note in data.notes if "'text_lengths' is not used" in note]


def test_numbers_with_nothing_behind_their_lengths_are_a_sequence(tmp_path):
    lengths = np.arange(N) % 5 + 1
    series = np.where(np.arange(5) < lengths[:, None], arrays()["text"], np.nan)
    data = open_file(save(tmp_path / "file.npz", changed(text=series, text_lengths=lengths)))
    assert data.modalities[0].kind == "sequence" and data.modalities[0].shape == (5, 1)
    assert torch.equal(data.train.lengths["text"], torch.from_numpy(lengths))


def test_nan_behind_the_given_lengths_is_padding(tmp_path):
    content, lengths = arrays(), np.arange(N) % 7 + 1
    content["audio"][np.arange(7) >= lengths[:, None]] = np.nan
    data = open_file(save(tmp_path / "file.npz", content | {"audio_lengths": lengths}))
    assert of(data.train, "audio").isfinite().all()
    content["audio"][3, 0, 0] = np.nan
    path = save(tmp_path / "broken.npz", content | {"audio_lengths": lengths})
    with pytest.raises(DatasetError, match=r"'audio' has NaN in row 3"):
        open_file(path)


def test_a_modality_that_never_varies_is_refused(tmp_path):
    constant = save(tmp_path / "file.npz", changed(text=np.full((N, 5), 0.1)))
    with pytest.raises(DatasetError, match="the modality 'text' never varies over the 42 training rows"):
        open_file(constant)
    black = save(tmp_path / "black.npz", changed(text=np.zeros((N, 1, 8, 8), np.uint8)))
    with pytest.raises(DatasetError, match="the modality 'text' never varies"):
        open_file(black)


def test_the_training_file_is_no_test_file(tmp_path):
    path = save(tmp_path / "file.npz", arrays())
    (tmp_path / "copy.npz").write_bytes(path.read_bytes())
    for test in (path, tmp_path / "copy.npz"):
        with pytest.raises(DatasetError, match="is the training file: it holds the same bytes"):
            open_file(path, test_path=str(test))
    other = save(tmp_path / "other.safetensors", {k: v[:20] for k, v in arrays().items()})
    with pytest.raises(DatasetError, match="all 20 test rows also stand in the training rows"):
        open_file(path, test_path=str(other))


def test_a_test_file_of_fewer_digits_is_seen_through(tmp_path):
    train, test = arrays(), {k: v[:20].astype(np.float32) for k, v in arrays().items() if k != "label"}
    save(tmp_path / "train.npz", train)
    path = save(tmp_path / "test.npz", test | {"label": arrays()["label"][:20]})
    with pytest.raises(DatasetError, match="all 20 test rows also stand in the training rows"):
        open_file(tmp_path / "train.npz", test_path=str(path))


def test_some_test_rows_in_training_are_counted_and_named(tmp_path):
    train, test = arrays(40), arrays(20, 1)
    for name in ("text", "audio"):
        test[name][[4, 9]] = train[name][[30, 2]]
    content = {f"train_{k}": v for k, v in train.items()} | {f"test_{k}": v for k, v in test.items()}
    notes = open_file(save(tmp_path / "file.npz", content)).notes
    assert any(
        "2 of 20 test rows also stand in the training rows, the first is test row 4" in n for n in notes
    )


def test_a_split_column_beside_a_test_file(tmp_path):
    """The training file's may set validation rows apart; one that speaks of other parts contradicts its
    file."""
    test = save(tmp_path / "test.npz", arrays(20, 1) | {"split": np.array(["test"] * 20)})
    split = np.array(["train"] * 50 + ["val"] * 10)
    data = open_file(save(tmp_path / "a.npz", arrays() | {"split": split}), test_path=str(test))
    assert [len(s) for s in (data.train, data.validation, data.probe_test)] == [50, 10, 20]
    split[:5] = "test"
    path = save(tmp_path / "b.npz", arrays() | {"split": split})
    with pytest.raises(
        DatasetError, match=r"b.npz gives the train rows, but its 'split' calls 5 of them test"
    ):
        open_file(path, test_path=str(test))


def test_text_and_numbers_in_arrays_of_objects_are_read(tmp_path):
    """As `frame["label"].to_numpy()` hands them over."""
    words = np.array(["no", "yes", None, "no"], dtype=object)[np.arange(N) % 4]
    path = tmp_path / "file.npz"
    np.savez(path, allow_pickle=True, **changed(label=words, text=arrays()["text"].astype(object)))
    data = open_file(path)
    assert data.tasks[0].class_names == ("no", "yes")
    assert sorted(data.train.labels["label"].unique().tolist()) == [-1, 0, 1]
    plain = open_file(save(tmp_path / "plain.npz", changed(label=np.where(words == "yes", "yes", "no"))))
    assert torch.allclose(data.train.items["text"], plain.train.items["text"], atol=0.5)


def test_gaps_in_a_parquet_label_are_no_labels(tmp_path):
    for label in ([1, 2, None], ["a", "b", None], [0.5, 1.5, None]):
        content = arrays() | {"label": [label[k % 3] if k % 3 < 2 else None for k in range(N)]}
        data = open_file(save(tmp_path / "file.parquet", content))
        labels = data.train.labels["label"]
        assert int((~is_labelled(labels)).sum()) == 20, "rows without a label stay in training"
        assert is_labelled(data.probe_test.labels["label"]).all()


def test_parts_must_agree(tmp_path):
    def message(**test):
        train = {f"train_{k}": v for k, v in arrays().items()}
        save(
            tmp_path / "file.npz",
            train | {f"test_{k}": v for k, v in (arrays(20) | test).items() if v is not None},
        )
        with pytest.raises(DatasetError) as caught:
            open_file(tmp_path / "file.npz")
        return str(caught.value)

    assert "'text' differs between the parts of the data: (4,) and (5,) a row" in message(
        text=np.zeros((20, 4))
    )
    assert "no array 'audio' in the test part of file.npz; it has label, text" in message(audio=None)
    assert "'label' is text in one part of the data and numbers in another" in message(
        label=np.array(["a", "b"] * 10)
    )
    assert "class '8' of the label 'label' has 0 rows to train on" in message(label=np.arange(20) % 4 + 5)


@pytest.mark.skipif(not MOSI.exists(), reason=f"no data in {MOSI.name}")
@pytest.mark.parametrize(
    "files", [{"path": "mosi.npz"}, {"path": "train.parquet", "test_path": "test.parquet"}]
)
def test_real_utterances(files):
    paths = {name: str(MOSI / file) for name, file in files.items()}
    data = load(
        PairedFileSettings(modalities=("text", "audio", "video"), label="sentiment", **paths), Path("unused")
    )
    assert [m.shape for m in data.modalities] == [(100,), (73,), (100,)]
    assert len(data.train) + len(data.validation) == 1447 and len(data.probe_test) == 752
    assert data.tasks[0].class_names == ("0", "1")
    for name in ("text", "audio", "video"):
        values = of(data.train, name)
        assert values.isfinite().all() and values.mean(0).abs().max() < 1e-4
