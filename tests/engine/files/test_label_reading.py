"""What a label column is taken for, what can be said instead, and which of its rows have no label."""

import numpy as np
import pytest

from engine.errors import DatasetError
from engine.files.arrays import Column, column_of
from engine.files.labels import read_label

N = 60
THREE = np.arange(N) % 3
HOLES = np.arange(N) % 4 == 0


def read(values, kind="guess", missing=None):
    return read_label("y", column_of(np.asarray(values)), kind, missing)


@pytest.mark.parametrize(
    ("values", "kind", "names"),
    [
        (THREE, "classification", ("0", "1", "2")),
        (THREE.astype(np.float32), "classification", ("0", "1", "2")),
        (THREE - 5, "classification", ("-5", "-4", "-3")),
        (THREE == 1, "classification", ("False", "True")),
        (np.where(THREE == 1, -1, 1), "classification", ("-1", "1")),
        (THREE[:, None, None], "classification", ("0", "1", "2")),
        (np.array(["b", "a"])[THREE % 2], "classification", ("a", "b")),
        (np.eye(3)[THREE], "classification", ("0", "1", "2")),
        (np.eye(3, dtype=bool)[THREE], "classification", ("0", "1", "2")),
        (np.eye(3)[THREE] + np.eye(3)[np.roll(THREE, 1)], "multilabel", ()),
        (np.arange(N) + 0.5, "regression", ()),
        (np.arange(N, dtype=float), "regression", ()),
    ],
)
def test_guesses_are_told(values, kind, names):
    label = read(values)
    assert (label.kind, label.class_names) == (kind, names)
    assert label.labelled.all()
    assert len(label.notes) == 1 and label.notes[0].startswith("'y' ")


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (np.where(HOLES, -1, THREE), "−1"),
        (np.where(HOLES, -1.0, THREE), "−1"),
        (np.where(HOLES, np.nan, THREE), "NaN"),
        (np.where(HOLES, "", np.array(["a", "b", "c"])[THREE]), "empty"),
        (np.where(HOLES, "nan", np.array(["a", "b", "c"])[THREE]), "empty"),
    ],
)
def test_rows_without_a_label_are_counted(values, how):
    label = read(values)
    assert label.kind == "classification" and len(label.class_names) == 3
    assert (label.labelled == ~HOLES).all()
    assert (label.values[~HOLES] == THREE[~HOLES]).all() and (label.values[HOLES] == -1).all()
    assert f"15 of 60 rows have no 'y' ({how})" in label.notes[-1]


def test_columns_and_values_may_have_holes_too():
    one_hot = np.where(HOLES[:, None], np.nan, np.eye(3)[THREE])
    assert (read(one_hot).values == np.where(HOLES, -1, THREE)).all()
    zeros = np.where(HOLES[:, None], 0, np.eye(3)[THREE])
    assert (read(zeros, "classes").values == np.where(HOLES, -1, THREE)).all()
    values = read(np.where(HOLES, np.nan, np.arange(N) + 0.5))
    assert values.kind == "regression" and (np.isnan(values.values) == HOLES).all()
    both = np.eye(3)[THREE] + np.eye(3)[np.roll(THREE, 1)]
    many = read(np.where(HOLES[:, None], -1, both))
    assert many.kind == "multilabel" and (many.values[HOLES] == -1).all() and (many.labelled == ~HOLES).all()


def test_what_is_said_counts():
    assert read(THREE, "values").kind == "regression"
    assert read(THREE, "values").values.dtype == np.float64 and read(THREE, "values").notes == ()
    assert read(np.eye(3)[THREE], "multilabel").kind == "multilabel"
    assert read(np.where(HOLES, -1, THREE), "classes").class_names == ("-1", "0", "1", "2")
    assert read(THREE / 2, "classes").class_names == ("0.0", "0.5", "1.0")
    assert read(np.random.default_rng(0).normal(size=(N, 2)), "values").values.shape == (N, 2)


@pytest.mark.parametrize("missing", ["-9", "-9.0"])
def test_a_value_can_be_named_as_missing(missing):
    label = read(np.where(HOLES, -9, THREE - 1), missing=missing)
    assert label.class_names == ("-1", "0", "1"), "−1 is a class where another value stands for none"
    assert (label.labelled == ~HOLES).all()
    words = read(np.where(HOLES, "unknown", np.array(["a", "b", "c"])[THREE]), missing="unknown")
    assert words.class_names == ("a", "b", "c") and (words.labelled == ~HOLES).all()


def test_a_value_keeps_its_digits():
    exact = 1.7e9 + np.arange(N) * 1e-6
    assert (read(exact).values == exact).all()


@pytest.mark.parametrize(
    ("values", "kind", "missing", "line"),
    [
        (
            np.arange(N) * 7,
            "guess",
            None,
            "60 different whole numbers in 60 rows; say what they are: data.lab",
        ),
        (
            np.random.default_rng(0).normal(size=(N, 2)),
            "guess",
            None,
            'must be 0 or 1; data.label_kind = "values"',
        ),
        (np.array(["a", "b"])[THREE % 2], "values", None, "is text, so it holds classes"),
        (THREE, "multilabel", None, "is one column; a multi-label has several"),
        (np.eye(3)[THREE] + np.eye(3)[np.roll(THREE, 1)], "classes", None, "has several classes in row 0"),
        (np.where(HOLES, np.inf, 1.5), "guess", None, "has an infinite value in row 0"),
        (np.full(N, np.nan), "guess", None, "has no value in any row"),
        (np.where(HOLES, np.nan, 1.0), "guess", None, "has one class only, '1'"),
        (np.where(HOLES, np.nan, 1.5), "guess", None, "is 1.5 in every row"),
        (THREE, "guess", "unknown", "data.missing_label is 'unknown', but the label 'y' holds numbers"),
        (np.zeros((N, 2, 2)), "guess", None, "has the shape (60, 2, 2)"),
    ],
)
def test_what_cannot_be_is_one_line(values, kind, missing, line):
    with pytest.raises(DatasetError) as caught:
        read(values, kind, missing)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_many_classes_with_rows_enough_are_classes():
    assert len(read(np.arange(1000) % 100).class_names) == 100


def test_unused_texts_are_no_classes():
    column = Column(np.array([0, 2, 0, 2]), names=("a", "b", "c"))
    assert read_label("y", column).class_names == ("a", "c")
