"""Looking into a user's file: what is in it, what is wrong with it, and that nothing hostile is read or
run."""

import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from engine.errors import DatasetError
from engine.files.contents import describe_file, part_names
from engine.files.opening import open_array_file

MOSI = Path(__file__).parents[3].parent / "shared/data/mosi_utterances"
DECLARED = np.lib.format


def by_name(entries):
    return {(entry.part, entry.name): entry for entry in entries}


def npz(path, **content):
    np.savez(path, allow_pickle=True, **content)
    return path


def refusal(path, **limits):
    with pytest.raises(DatasetError) as caught:
        describe_file(path, **limits)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_kind_is_recognised(tmp_path):
    dice = np.random.default_rng(0)
    path = npz(
        tmp_path / "file.npz",
        embedding=dice.normal(size=(9, 4)),
        steps=dice.normal(size=(9, 6, 2)).astype(np.float32),
        steps_lengths=np.full(9, 3),
        picture=dice.integers(0, 256, (9, 3, 8, 8), dtype=np.uint8),
        label=np.arange(9) % 2,
        score=np.linspace(-1, 2, 9),
        tags=np.arange(18).reshape(9, 2) % 2,
        word=np.array(["yes", "no", "no"] * 3),
        split=np.array(["train"] * 9),
    )
    kinds = {entry.name: entry.kind for entry in describe_file(path)}
    assert kinds == {
        "embedding": "vector", "steps": "sequence", "steps_lengths": "lengths", "picture": "image",
        "label": "classes", "score": "numbers", "tags": "flags", "word": "classes", "split": "split",
    }  # fmt: skip
    entries = by_name(describe_file(path))
    score = entries[None, "score"]
    assert (score.shape, score.dtype, score.minimum, score.maximum, score.problems) == (
        (9,),
        "float64",
        -1.0,
        2.0,
        (),
    )
    assert entries[None, "word"].dtype == "text" and entries[None, "word"].minimum is None
    assert {name for (_, name), e in entries.items() if e.can_be_modality} == {
        "embedding",
        "steps",
        "picture",
        "tags",
    }
    assert {name for (_, name), e in entries.items() if e.can_be_label} == {"label", "score", "tags", "word"}


def test_what_is_wrong_is_listed_beside_what_is_right(tmp_path):
    values = np.ones((9, 4))
    values[[2, 5], 0] = np.nan
    path = npz(
        tmp_path / "file.npz",
        good=np.zeros((9, 2)),
        holes=values,
        objects=np.array([{}] * 9),
        complex=np.zeros((9, 2), complex),
        empty=np.zeros((0, 4)),
        last=np.zeros((9, 8, 8, 3), np.uint8),
        deep=np.zeros((9, 1, 1, 1, 1)),
        scalar=np.float64(3.0),
    )
    problems = {entry.name: " ".join(entry.problems) for entry in describe_file(path)}
    assert problems["good"] == ""
    assert problems["holes"] == "has NaN in row 2 (counted from 0); 2 of 9 rows have such values"
    assert problems["objects"] == "holds Python objects: a dict at place 0; save plain numbers or text"
    assert "complex128" in problems["complex"] and "nothing is in it" in problems["empty"]
    assert "move the channels to the second axis" in problems["last"] and "1 to 4 axes" in problems["deep"]
    assert "1 to 4 axes" in problems["scalar"]
    holes = by_name(describe_file(path))[None, "holes"]
    assert (holes.minimum, holes.maximum) == (1.0, 1.0) and not holes.can_be_modality


def test_parts_are_told_by_names():
    names = part_names(["train_a", "test_a", "val_a", "train_b", "a_train", "train_", "split"])
    assert (
        names["train_a"] == ("train", "a")
        and names["val_a"] == ("validation", "a")
        and names["test_a"] == ("test", "a")
    )
    assert names["train_b"] == ("train", "b"), "a missing part of one array is seen as such"
    assert (
        names["a_train"] == (None, "a_train")
        and names["train_"] == (None, "train_")
        and names["split"] == (None, "split")
    )
    assert part_names(["train_speed", "height"]) == {
        "train_speed": (None, "train_speed"),
        "height": (None, "height"),
    }


def test_the_dashboard_can_look_without_torch(tmp_path):
    path = npz(tmp_path / "file.npz", x=np.ones((3, 2)))
    code = f"""
import sys
from pathlib import Path
from engine.files.contents import describe_file
assert describe_file(Path({str(path)!r}))
assert "torch" not in sys.modules, "torch was imported"
assert "pyarrow" not in sys.modules, "pyarrow was imported for a file that is none of its"
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


# Files that are none


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".parquet"])
def test_what_is_no_file_of_its_format_is_refused(tmp_path, ending):
    path = tmp_path / f"file{ending}"
    assert refusal(path) == f"there is no file {path}"
    path.write_bytes(b"")
    assert refusal(path) == f"file{ending} is empty"
    path.write_bytes(b"neither fish nor flesh " * 50)
    assert f"file{ending} is not a" in refusal(path)
    assert refusal(path, max_gigabytes=1e-6) == f"file{ending} has 1.15 kB; 1 kB are allowed"
    path.unlink()
    path.mkdir()
    assert refusal(path) == f"{path} is not a file"


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".parquet"])
@given(st.floats(0, 0.999))
def test_a_file_that_was_cut_off_is_refused(tmp_path_factory, ending, share):
    path = tmp_path_factory.mktemp("cut") / f"file{ending}"
    content = {"x": np.arange(300.0).reshape(100, 3), "y": np.arange(100)}
    if ending == ".npz":
        np.savez(path, **content)
    elif ending == ".safetensors":
        save_file(content, path)
    else:
        polars.DataFrame({name: values.tolist() for name, values in content.items()}).write_parquet(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refusal(path)


def test_other_endings_are_refused(tmp_path):
    (tmp_path / "data.pkl").write_bytes(pickle.dumps({}))
    assert (
        refusal(tmp_path / "data.pkl")
        == "'data.pkl' ends in '.pkl'; allowed are .npz, .safetensors, .parquet"
    )


@pytest.mark.parametrize("name", ["x" * 5000 + ".npz", "nul\0.npz", "folder/that/is/not.npz"])
def test_names_that_no_file_has(tmp_path, name):
    assert any(
        text in refusal(tmp_path / name) for text in ("is no path", "cannot be read", "there is no file")
    )


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    assert "is not a file" in refusal(tmp_path / "pipe.npz")


def test_a_zip_of_other_things_and_an_empty_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        archive.writestr("notes.txt", "hello")
    (entry,) = describe_file(tmp_path / "other.npz")
    assert entry.kind == "unusable" and "is not a NumPy array" in entry.problems[0]
    with zipfile.ZipFile(tmp_path / "none.npz", "w"):
        pass
    assert refusal(tmp_path / "none.npz") == "none.npz holds no arrays"


def test_nothing_is_unpickled(tmp_path):
    """An object array whose unpickling would leave a file behind."""

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = npz(tmp_path / "file.npz", x=np.array([Evil(), Evil()]), y=np.ones((2, 2)))
    (problem,) = by_name(describe_file(path))[None, "x"].problems
    assert problem.startswith("holds Python objects: it asks for 'posix.mkdir'; only")
    assert not (tmp_path / "ran").exists()


def member(shape, dtype, content):
    """A `.npy` member that declares a shape and then holds `content`."""
    stream = io.BytesIO()
    DECLARED.write_array_header_1_0(
        stream, {"descr": DECLARED.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    )
    return stream.getvalue() + content


def test_a_bomb_is_refused_by_its_declared_size(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.npy", member((200, 10_000), np.float64, bytes(16_000_000)))
        archive.writestr("liar.npy", member((10**9, 10**6), np.float64, bytes(100)))
        archive.writestr("small.npy", member((3, 2), np.float64, bytes(48)))
    assert path.stat().st_size < 100_000
    entries = by_name(describe_file(path, max_gigabytes=0.001))
    assert entries[None, "zeros"].problems == ("takes 16 MB; 1 MB are allowed",)
    assert "is cut off" in entries[None, "liar"].problems[0]
    assert entries[None, "small"].problems == ()
    with pytest.raises(DatasetError, match="zeros, small take 16 MB; 10 MB are allowed"):
        open_array_file(path, 10**7).check_total(["zeros", "small"])


def test_impossible_headers_are_refused(tmp_path):
    path = tmp_path / "file.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("negative.npy", member((-3, 2), np.float64, bytes(48)))
        archive.writestr("garbage.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 10) + b"{'descr': \n")
        archive.writestr("version.npy", b"\x93NUMPY\x09\x00" + bytes(100))
    for entry in describe_file(path):
        assert entry.kind == "unusable" and "is not a NumPy array" in entry.problems[0]


def test_a_flipped_byte_is_noticed(tmp_path):
    path = npz(tmp_path / "file.npz", x=np.arange(1000.0).reshape(100, 10))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    (entry,) = describe_file(path)
    assert "cannot be read" in entry.problems[0]


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".parquet"])
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 255)), min_size=1, max_size=6))
def test_broken_bytes_end_in_one_line(tmp_path_factory, ending, changes):
    """Bytes changed anywhere, most of them in the first and the last 300, where the headers are."""
    path = tmp_path_factory.mktemp("broken") / f"file{ending}"
    content = {"x": np.arange(60.0).reshape(20, 3), "y": np.arange(20)}
    if ending == ".npz":
        np.savez(path, **content)
    elif ending == ".safetensors":
        save_file(content, path)
    else:
        pq.write_table(
            pa.table(
                {"x": pa.array([[[1.0]] * (1 + i % 3) for i in range(20)]), "y": pa.array(["a", "b"] * 10)}
            ),
            path,
        )
    broken = bytearray(path.read_bytes())
    for place, from_end, byte in changes:
        position = int(place * 300) % len(broken)
        broken[-1 - position if from_end else position] = byte
    path.write_bytes(broken)
    try:
        lines = [problem for entry in describe_file(path, max_gigabytes=0.1) for problem in entry.problems]
    except DatasetError as error:
        lines = [str(error)]
    assert all("\n" not in line for line in lines)


def test_too_many_arrays_are_refused(tmp_path):
    path = npz(tmp_path / "file.npz", **{f"a{i}": np.zeros(1) for i in range(1001)})
    assert refusal(path) == "file.npz holds 1,001 arrays; at most 1,000 are allowed"


def test_byte_and_memory_order_do_not_matter(tmp_path):
    values = np.arange(12.0).reshape(4, 3)
    path = npz(
        tmp_path / "file.npz",
        big=values.astype(">f4"),
        fortran=np.asfortranarray(values),
        half=values.astype(np.float16),
    )
    file = open_array_file(path, 10**6)
    for name in ("big", "fortran", "half"):
        column = file.read(name).values
        assert column.dtype.isnative and column.flags.c_contiguous and (column == values).all()


def test_types_that_numpy_has_not_are_refused_in_safetensors(tmp_path):
    header = b'{"x":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}'
    (tmp_path / "file.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    (entry,) = describe_file(tmp_path / "file.safetensors")
    assert entry.problems[0].startswith("is of type BF16; save it as one of F64, F32")


# Parquet


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_columns_of_every_readable_type(tmp_path):
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    path = parquet(
        tmp_path / "file.parquet",
        lists=pa.array(rows),
        fixed=pa.array(rows, pa.list_(pa.float32(), 2)),
        large=pa.array(rows, pa.large_list(pa.float64())),
        deep=pa.array([[[1, 2], [3, 4]]] * 3),
        flag=pa.array([True, False, True]),
        word=pa.array(["b", "a", "b"]),
        coded=pa.array(["b", "a", "b"]).dictionary_encode(),
    )
    file = open_array_file(path, 10**6)
    for name in ("lists", "fixed", "large"):
        assert file.read(name).values.tolist() == rows
    assert file.read("deep").values.shape == (3, 2, 2) and file.read("flag").values.tolist() == [
        True,
        False,
        True,
    ]
    for name in ("word", "coded"):
        assert file.read(name).names == ("a", "b") and file.read(name).values.tolist() == [1, 0, 1]


def test_many_row_groups_are_one_column(tmp_path):
    table = pa.table(
        {
            "x": pa.array([[float(i), 1.0] for i in range(50)]),
            "y": pa.array(["even", "odd"] * 25).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "file.parquet", row_group_size=7)
    file = open_array_file(tmp_path / "file.parquet", 10**6)
    assert file.read("x").values[:, 0].tolist() == list(range(50)) and file.read("y").names == ("even", "odd")


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (pa.array([[1.0], None, [3.0]]), "has no value in row 1 (counted from 0)"),
        (pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, None]]), "has no value in row 2 (counted from 0)"),
        (pa.array([[1.0, 2.0], [3.0], [5.0, 6.0]]), "has 1 values in row 1 (counted from 0), 2 in row 0"),
        (pa.array([[[1.0], [2.0, 3.0]]] * 3), "has 2 values in row 1 (counted from 0), 1 in row 0"),
        (pa.array([{"a": 1}] * 3), "is of type struct<a: int64>; save numbers"),
        (pa.array([b"x"] * 3), "is of type binary; save numbers"),
        (pa.array([1, 2, 3], pa.timestamp("ms")), "is of type timestamp[ms]; save numbers"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_read(tmp_path, column, problem):
    entries = by_name(
        describe_file(parquet(tmp_path / "file.parquet", x=column, y=pa.array([1.0, 2.0, 3.0])))
    )
    assert problem in entries[None, "x"].problems[0]
    assert entries[None, "y"].problems == ()


def test_a_column_that_grows_when_decoded_is_refused(tmp_path):
    one = parquet(tmp_path / "one.parquet", x=pa.array(np.zeros(3_000_000)))
    assert one.stat().st_size < 100_000
    assert describe_file(one, max_gigabytes=0.01)[0].problems == ("takes 24 MB; 10 MB are allowed",)
    ragged = [[[0.0]]] * 2000 + [[[0.0]] * 20_000]
    two = parquet(tmp_path / "two.parquet", x=pa.array(ragged))
    assert (
        "filled up to its longest row of 20,000 steps takes 320.2 MB"
        in describe_file(two, max_gigabytes=0.01)[0].problems[0]
    )


@pytest.mark.skipif(not MOSI.exists(), reason=f"no data in {MOSI.name}")
def test_real_utterances():
    entries = by_name(describe_file(MOSI / "mosi.npz"))
    assert {key: entry.shape for key, entry in entries.items() if key[0] == "test"} == {
        ("test", "text"): (752, 100),
        ("test", "audio"): (752, 73),
        ("test", "video"): (752, 100),
        ("test", "sentiment"): (752,),
    }
    assert entries["train", "sentiment"].kind == "classes" and not any(
        entry.problems for entry in entries.values()
    )
    assert by_name(describe_file(MOSI / "train.parquet"))[None, "audio"].shape == (1447, 73)
