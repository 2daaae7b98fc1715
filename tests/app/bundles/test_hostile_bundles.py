"""Bundles that somebody made to do harm, or made badly: one line each, and nothing is written."""

import io
import json
import pickle
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_decompositions import made
from peak_memory import run_python
from safetensors.numpy import save
from studios import bundle_of, members_of, relisted, take_in, write_members

from app.bundles.sources import BundleError
from app.training.configuring import Planned
from app.training.launching import new_run
from engine.presets.preset import load_preset
from storage.artifacts import list_artifacts
from storage.database import Database
from storage.recorder import RunRecorder
from storage.runs import create_runs, get_run, list_runs, mark_ended, mark_started
from storage.studies import list_studies

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Members, str]:
    """The files of a bundle as it should be, and what those of its run begin with."""
    home = tmp_path_factory.mktemp("good")
    db = Database.at(home)
    planned = Planned("small", load_preset("bits-quick").experiment("comm", 0), "bits-quick")
    (number,) = create_runs(db, [new_run(planned)], queue=False)
    mark_started(db, number, host="h", pid=1, machine={"gpus": ["H100"], "cores": 4})
    (home / "w.safetensors").write_bytes(save({"weight": np.arange(100, dtype=np.float32)}))
    with RunRecorder(db, number, home) as recorder:
        for step in range(10):
            recorder.metrics(step, {"train/loss": 1 / (step + 1)})
        recorder.result("synergy", "accuracy", 0.75, {"n_test": 100, "chance": 0.5})
        recorder.decomposition("synergy", "x1 | x2", "trained", 3, made((0.0, 0.0, 0.0, 0.4)).model_dump())
        recorder.message("trained")
        recorder.save("last", home / "w.safetensors", {"epoch": 3})
    mark_ended(db, number, "finished")
    members = members_of(bundle_of(db, home / "good.zip"))
    uid = get_run(db, number).uid
    db.close()
    return members, f"runs/{uid}/"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    db = Database.at(tmp_path / "home")
    yield db
    db.close()


def refused(db: Database, file: Path, line: str) -> None:
    """One printable line, and nothing is written."""
    with pytest.raises(BundleError, match=line) as caught:
        take_in(db, file)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 2_100
    assert list_runs(db) == list_runs(db, trashed=True) == list_artifacts(db) == []
    assert list_studies(db) == list_studies(db, trashed=True) == []


def test_the_bundle_itself_is_taken(good: tuple[Members, str], empty: Database, tmp_path: Path) -> None:
    (arrival,) = take_in(empty, write_members(tmp_path / "b.zip", relisted(good[0])))
    assert arrival.what == "new"


def added(name: str, content: bytes = b"{}") -> Callable[[Members, str], Members]:
    return lambda members, run: {**members, name.replace("RUN/", run): content}


def edited(file: str, change: Callable[[Any], Any]) -> Callable[[Members, str], Members]:
    """A table changed, or the first line of a file of lines."""

    def edit(members: Members, run: str) -> Members:
        name = file if file in members else run + file
        first, _, rest = members[name].partition(b"\n")
        return {**members, name: json.dumps(change(json.loads(first))).encode() + b"\n" + rest}

    return edit


def replaced(file: str, old: bytes, new: bytes) -> Callable[[Members, str], Members]:
    def replace(members: Members, run: str) -> Members:
        assert old in members[run + file]
        return {**members, run + file: members[run + file].replace(old, new)}

    return replace


def with_weights(content: bytes) -> Callable[[Members, str], Members]:
    """Other bytes as weights, listed as they are."""

    def change(members: Members, run: str) -> Members:
        import hashlib

        table = json.loads(members[run + "artifacts.json"])
        table["artifacts"][0] |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        table_text = json.dumps(table).encode()
        return {**members, run + "artifacts.json": table_text, run + "last.safetensors": content}

    return change


class Harm:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("/tmp/bundles-harm"),))


def into_settings(path: str, value: Any) -> Callable[[Members, str], Members]:
    def change(run: dict[str, Any]) -> dict[str, Any]:
        table = run["settings"]
        *parts, last = path.split(".")
        for part in parts:
            table = table[part]
        table[last] = value
        return run

    return edited("run.json", change)


def set_to(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda table: {**table, **values}


def first_file(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda table: {"artifacts": [{**table["artifacts"][0], **values}]}


def first_study(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda table: {"studies": [{**table["studies"][0], **values}]}


DEEP = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
CASES: dict[str, tuple[Callable[[Members, str], Members], str]] = {
    "a path upwards": (added("../evil.json"), r"a bundle holds no '\.\./evil.json'"),
    "a path upwards inside": (added("RUN/../../evil.json"), "a bundle holds no 'runs/"),
    "an absolute path": (added("/etc/passwd"), "a bundle holds no '/etc/passwd'"),
    "a path of Windows": (added("C:\\evil.json"), "a bundle holds no 'C:"),
    "a file of code": (added("RUN/setup.py", b"import os"), "a bundle holds no 'runs/"),
    "code in a file's name": (added("RUN/$(touch x).safetensors"), "a bundle holds no 'runs/"),
    "a pickle by name": (added("RUN/weights.pkl", pickle.dumps(Harm())), "a bundle holds no 'runs/"),
    "a pickle as weights": (with_weights(pickle.dumps(Harm())), "is not a safetensors file"),
    "weights cut off": (with_weights(save({"w": np.zeros(9)})[:-8]), "is cut off"),
    "a file of no run": (added("runs/" + "0" * 32 + "/log.jsonl"), "belongs to no run"),
    "a file that nobody lists": (
        added("RUN/more.safetensors", save({"w": np.zeros(1)})),
        "is not in the run's artifacts.json",
    ),
    "a listed file that is not there": (
        edited("artifacts.json", first_file(file="none.safetensors")),
        "none.safetensors is listed and not there",
    ),
    "an artifact elsewhere": (
        edited("artifacts.json", first_file(file="../../last.safetensors")),
        "is no name of an artifact's file",
    ),
    "a lying hash": (
        edited("artifacts.json", first_file(sha256="0" * 64)),
        "its sha256 is .*, listed is 0000",
    ),
    "a hash of no hex": (edited("artifacts.json", first_file(sha256="../x")), "the sha256 of last"),
    "another format": (edited("run.json", set_to(format="wandb")), "its format is 'wandb'"),
    "a newer run": (edited("run.json", set_to(version=99)), "version 99, made by a newer program"),
    "a version of no kind": (edited("run.json", set_to(version=True)), "its version is True"),
    "a uid of no kind": (edited("run.json", set_to(uid="../../x")), "its uid is"),
    "another run's place": (edited("run.json", set_to(uid="f" * 32)), "holds the run ffff"),
    "a table that is a list": (
        edited("run.json", lambda table: [table]),
        "a list, where a table is expected",
    ),
    "deep JSON": (lambda members, run: {**members, run + "labels.json": DEEP}, "nested"),
    "a deep line": (lambda members, run: {**members, run + "log.jsonl": DEEP}, "nested too deep"),
    "no JSON": (lambda members, run: {**members, run + "state.json": b"\xff\xfe{"}, "no JSON"),
    "an unknown setting": (into_settings("training.exec", "rm"), "no setting 'training.exec'"),
    "an unknown method": (into_settings("objective.name", "os.system"), "do not fit this version"),
    "a number too large": (into_settings("seed", 10**40), "do not fit this version"),
    "NaN in a curve": (
        replaced("metrics.jsonl", b'"train/loss":1.0', b'"train/loss":NaN'),
        "NaN is no number",
    ),
    "infinity in a curve": (
        replaced("metrics.jsonl", b'"train/loss":1.0', b'"train/loss":1e999'),
        "too large",
    ),
    "a text in a curve": (
        replaced("metrics.jsonl", b'"train/loss":1.0', b'"train/loss":"1"'),
        "is no number",
    ),
    "a negative step": (replaced("metrics.jsonl", b'"step":3', b'"step":-3'), "step is '-3'"),
    "a step that is none": (replaced("metrics.jsonl", b'"step":3', b'"step":true'), "step is 'True'"),
    "a step beyond all": (replaced("metrics.jsonl", b'"step":3', b'"step":' + b"9" * 30), "step is '9999"),
    "a step with many digits": (replaced("metrics.jsonl", b'"step":3', b'"step":' + b"9" * 9000), "no JSON"),
    "a half line": (replaced("metrics.jsonl", b'"step":3', b'"step":3}'), "no JSON"),
    "a curve's name that hides": (replaced("metrics.jsonl", b"train/loss", b"a\\u001b[2J"), "is no name"),
    "a fact that is a table": (
        edited("results.jsonl", set_to(facts={"n": {"a": 1}})),
        "the fact 'n' is a dict",
    ),
    "a task with no name": (edited("results.jsonl", set_to(task="")), "is no name"),
    "a decomposition of no kind": (
        edited("decompositions.jsonl", set_to(content={"n": 1})),
        "no decomposition of",
    ),
    "an encoder of no kind": (edited("decompositions.jsonl", set_to(encoder="x")), "the encoder is 'x'"),
    "a status of no kind": (edited("state.json", set_to(status="owned")), "its status is 'owned'"),
    "negative progress": (edited("state.json", set_to(epoch=-1)), "epoch is '-1'"),
    "a title of many lines": (edited("labels.json", set_to(title="a\nb\x1b[31m")), "is no name"),
    "a title that turns round": (edited("labels.json", set_to(title="x" * 5000)), "is no name"),
    "tags that are none": (edited("labels.json", set_to(tags="tag")), "is no list"),
    "a note without end": (edited("labels.json", set_to(note="x" * 300_000)), "is no text"),
    "a machine of no kind": (edited("machine.json", set_to(gpus={"a": 1})), "is no list"),
    "a plan that is none": (edited("studies.json", first_study(plan=[1])), "a plan that is no table"),
    "axes that are none": (edited("studies.json", first_study(axes=[1])), "axes that are not"),
    "a study without a name": (edited("studies.json", first_study(name=None)), "is no name"),
    "no studies": (edited("studies.json", lambda table: {"studies": "all"}), "no list of studies"),
    "no runs at all": (
        lambda members, run: {"bundle.json": members["bundle.json"], "studies.json": b'{"studies": []}'},
        "holds no run",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_line_and_nothing_is_written(
    good: tuple[Members, str], empty: Database, tmp_path: Path, case: str
) -> None:
    change, line = CASES[case]
    refused(empty, write_members(tmp_path / "evil.zip", relisted(change(*good))), line)
    assert not Path("/tmp/bundles-harm").exists()


HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "another program's bundle": ({"format": "other"}, "its format is 'other'"),
    "a newer bundle": ({"version": 3}, "version 3, made by a newer program; this one reads up to 2"),
    "a bundle of no version": ({"version": "2"}, "its version is '2'"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_of_another_kind(
    good: tuple[Members, str], empty: Database, tmp_path: Path, case: str
) -> None:
    header, line = HEADERS[case]
    refused(empty, write_members(tmp_path / "evil.zip", relisted(good[0], **header)), line)


def test_a_list_that_lies(good: tuple[Members, str], empty: Database, tmp_path: Path) -> None:
    members, run = good
    listed = json.loads(members["bundle.json"])
    for change, line in (
        ({"sha256": "0" * 64}, "listed is '0000"),
        ({"size": 1}, "not what is listed"),
        ({"size": "many"}, "not what is listed"),
    ):
        files = {**listed["files"], run + "log.jsonl": {**listed["files"][run + "log.jsonl"], **change}}
        lying = {**members, "bundle.json": json.dumps({**listed, "files": files}).encode()}
        refused(empty, write_members(tmp_path / "evil.zip", lying), line)
    without = {name: content for name, content in members.items() if name != run + "log.jsonl"}
    refused(empty, write_members(tmp_path / "evil.zip", without), "log.jsonl is listed and not there")
    more = {**members, run + "messages.txt": b"x"}
    refused(empty, write_members(tmp_path / "evil.zip", more), "messages.txt is not listed")


def link(member: zipfile.ZipInfo) -> None:
    if member.filename.endswith("log.jsonl"):
        member.external_attr = (stat.S_IFLNK | 0o777) << 16


def device(member: zipfile.ZipInfo) -> None:
    if member.filename.endswith("log.jsonl"):
        member.external_attr = (stat.S_IFCHR | 0o666) << 16


def packed_otherwise(member: zipfile.ZipInfo) -> None:
    member.compress_type = zipfile.ZIP_LZMA


def weights_packed(member: zipfile.ZipInfo) -> None:
    member.compress_type = zipfile.ZIP_DEFLATED


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (link, "log.jsonl is a link"),
        (device, "log.jsonl is no file"),
        (packed_otherwise, "is packed in a way that is not read"),
        (weights_packed, "is packed; artifacts are stored as they are"),
    ],
)
def test_members_of_another_kind(
    good: tuple[Members, str],
    empty: Database,
    tmp_path: Path,
    change: Callable[[zipfile.ZipInfo], None],
    line: str,
) -> None:
    refused(empty, write_members(tmp_path / "evil.zip", relisted(good[0]), change), line)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(good: tuple[Members, str], empty: Database, tmp_path: Path) -> None:
    members, run = good
    file = write_members(tmp_path / "evil.zip", relisted(members))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(run + "run.json", members[run + "run.json"])
    refused(empty, file, "run.json twice")


def test_a_bomb_is_not_unpacked(good: tuple[Members, str], empty: Database, tmp_path: Path) -> None:
    bomb = {**good[0], good[1] + "log.jsonl": b" " * 60_000_000}
    refused(empty, write_members(tmp_path / "evil.zip", relisted(bomb)), "at most 200 times as many")


def patched(file: Path, name: str, at: int, value: bytes) -> None:
    """Change a field of a member's entry in the list at the end of the file."""
    content = bytearray(file.read_bytes())
    place = content.rfind(name.encode()) - 46
    assert content[place : place + 4] == b"PK\x01\x02"
    content[place + at : place + at + len(value)] = value
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("at", "value", "line"),
    [
        (8, b"\x01\x00", "is encrypted"),
        (24, (10**6).to_bytes(4, "little"), "not what is listed|is damaged"),
        (16, b"\0\0\0\0", "is damaged"),
        (42, b"\0\0\0\0", "lies over the file before it|cannot be read"),
        (42, b"\xff\xff\xff\x7f", "cannot be read|is damaged|lies over"),
    ],
    ids=["encrypted", "a lying size", "a lying sum", "over another", "nowhere"],
)
def test_a_list_of_names_that_lies(
    good: tuple[Members, str], empty: Database, tmp_path: Path, at: int, value: bytes, line: str
) -> None:
    file = write_members(tmp_path / "evil.zip", relisted(good[0]))
    patched(file, good[1] + "log.jsonl", at, value)
    refused(empty, file, line)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "no whole zip file"),
        (b"PK\x05\x06" + b"\0" * 18, "holds no bundle.json"),
        (b"\x80\x04." * 50, "no whole zip file"),
        (b"SQLite format 3\0" + b"\0" * 500, "no whole zip file"),
        (
            b"PK\x05\x06" + b"\0" * 4 + b"\xff\xff" * 2 + b"\0\0\0\x7f" + b"\0" * 6,
            "lists 65,535 files|at most",
        ),
    ],
)
def test_another_programs_file(empty: Database, tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "other.zip").write_bytes(content)
    refused(empty, tmp_path / "other.zip", line)


def test_a_bundle_cut_off(good: tuple[Members, str], empty: Database, tmp_path: Path) -> None:
    whole = write_members(tmp_path / "whole.zip", relisted(good[0])).read_bytes()
    for kept in (len(whole) // 2, len(whole) - 10):
        (tmp_path / "cut.zip").write_bytes(whole[:kept])
        refused(empty, tmp_path / "cut.zip", "no whole zip file|is no bundle")


@pytest.mark.parametrize("path", ["none.zip", "a\0b", "folder"])
def test_paths_to_nothing(empty: Database, tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    refused(empty, tmp_path / path, "there is no file|cannot be read|is no folder of a run")


def test_a_folder_with_links_and_pipes(good: tuple[Members, str], empty: Database, tmp_path: Path) -> None:
    import os

    folder = tmp_path / "run"
    for name in ("run.json", "metrics.jsonl"):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(good[0][good[1] + name])
    (tmp_path / "secret").write_text('{"number": 1, "text": "secret"}\n')
    (folder / "log.jsonl").symlink_to(tmp_path / "secret")
    refused(empty, folder, "links are not followed")
    (folder / "log.jsonl").unlink()
    os.mkfifo(folder / "log.jsonl")
    refused(empty, folder, "is not a file")
    (folder / "log.jsonl").unlink()
    above = tmp_path / "above"
    above.mkdir()
    (above / "run").symlink_to(folder)
    refused(empty, above, "is a link")
    shutil.rmtree(above)
    assert take_in(empty, folder)[0].what == "new"


MEMORY = """
import sys, pathlib
from peak_memory import peak_kib
from app.bundles.export import choose, write_bundle
from app.bundles.importing import import_runs
from app.bundles.sources import open_source
from storage.database import Database
home = pathlib.Path(sys.argv[1])
before = peak_kib()
with open_source(home / "large.zip") as source:
    db = Database.at(home / "there")
    import_runs(db, source)
write_bundle(db, choose(db, [1]), home / "again.zip")
print(peak_kib() - before)
"""


@pytest.mark.heavy
@pytest.mark.slow
def test_memory_does_not_grow_with_the_bundle(good: tuple[Members, str], tmp_path: Path) -> None:
    """150 MB of weights and 200,000 points, both ways."""
    members, run = good
    weights = save({"w": np.zeros(150_000_000, dtype=np.uint8)})
    lines = io.BytesIO()
    for step in range(200_000):
        lines.write(
            b'{"step":%d,"time":1795000000000,"values":{"train/loss":%.17f}}\n' % (step, 1 / (step + 1))
        )
    large = with_weights(weights)({**members, run + "metrics.jsonl": lines.getvalue()}, run)
    write_members(tmp_path / "large.zip", relisted(large))
    (grown,) = run_python(MEMORY, tmp_path)
    assert int(grown) < 60_000, "KiB"
    again = members_of(tmp_path / "again.zip")
    assert again[run + "last.safetensors"] == weights and again[run + "metrics.jsonl"].count(b"\n") == 200_000
