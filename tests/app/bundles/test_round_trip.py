"""What is exported and imported is the same, once, wherever it goes."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sample_runs import Sample
from studios import bundle_of, everything, members_of, relisted, take_in, write_members

from app.bundles.export import choose, stream_bundle, write_bundle, write_folder
from app.bundles.sources import BundleError
from storage.artifacts import delete_artifact, find_artifact, list_artifacts
from storage.database import Database
from storage.queries import results
from storage.runs import get_run, list_runs, mark_ended, set_note
from storage.studies import change_study, create_study, get_study, list_studies
from storage.studies import take_in as take_in_guests
from storage.trash import trash_runs, trash_study


@pytest.fixture
def studio(tmp_path: Path, sample_file: tuple[Path, Sample]) -> Iterator[Database]:
    """A studio that has been used, with a second study that takes guests."""
    (tmp_path / "from").mkdir()
    source, target = sample_file[0], tmp_path / "from/studio.db"
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as copy:
        there.backup(copy)
    db = Database(f"sqlite:///{tmp_path / 'from/studio.db'}")
    change_study(db, 1, question="How much?", plan={"title": "x", "seeds": [0, 1]}, note="n\nσ", tags=["t"])
    guests = create_study(db, "guests", question="Who else?")
    take_in_guests(db, guests, [1, 2])
    yield db
    db.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    db = Database.at(tmp_path / "to")
    yield db
    db.close()


def settled(held):
    """Without runs that were at work or waited, which cannot come as they were, and without what names
    them."""
    at_work = {uid for uid, run in held.items() if isinstance(run, dict) and run["status"] in AT_WORK}
    return {
        uid: one if isinstance(one, dict) else (*one[:-1], [run for run in one[-1] if run not in at_work])
        for uid, one in held.items()
        if uid not in at_work
    }


AT_WORK = ("queued", "starting", "running")


def test_a_study_comes_back_as_if_it_had_run_here(studio: Database, empty: Database, tmp_path: Path) -> None:
    file = bundle_of(studio, tmp_path / "all.zip")
    arrivals = take_in(empty, file)
    assert {arrival.what for arrival in arrivals} == {"new"} and len(arrivals) == len(list_runs(studio))
    assert settled({**everything(empty)}).keys() >= settled(everything(studio)).keys()
    there, here = everything(studio), everything(empty)
    assert {uid: here[uid] for uid in settled(there)} == {uid: there[uid] for uid in settled(there)}
    assert {run.status for run in list_runs(empty)} == {"finished", "failed", "stopped", "lost"}
    assert all(run.pid is None for run in list_runs(empty))
    again = bundle_of(empty, tmp_path / "again.zip")
    kept = {
        name: content
        for name, content in members_of(file).items()
        if name.endswith((".jsonl", ".safetensors"))
    }
    assert {name: members_of(again)[name] for name in kept} == kept


def test_twice_is_once(studio: Database, empty: Database, tmp_path: Path) -> None:
    file = bundle_of(studio, tmp_path / "all.zip")
    take_in(empty, file)
    before = everything(empty)
    assert {arrival.what for arrival in take_in(empty, file)} == {"here"}
    assert {arrival.what for arrival in take_in(studio, file)} == {"here"}, "where it came from, too"
    assert everything(empty) == before and len(list_studies(empty)) == 2
    assert not list_runs(empty, trashed=True)


def test_one_run_brings_its_study(studio: Database, empty: Database, tmp_path: Path) -> None:
    write_bundle(studio, choose(studio, [3]), tmp_path / "one.zip")
    (arrival,) = take_in(empty, tmp_path / "one.zip")
    assert arrival.run_id == 1
    assert get_study(empty, "bits-quick").question == "How much?"
    write_bundle(studio, choose(studio, [4]), tmp_path / "two.zip")
    take_in(empty, tmp_path / "two.zip")
    assert len(list_studies(empty)) == 1 and len(list_runs(empty)) == 2


def test_another_study_of_that_name_keeps_it(studio: Database, empty: Database, tmp_path: Path) -> None:
    create_study(empty, "bits-quick", question="mine")
    take_in(empty, bundle_of(studio, tmp_path / "all.zip"))
    assert {study.name for study in list_studies(empty)} == {"bits-quick", "bits-quick (2)", "guests"}
    assert get_study(empty, "bits-quick").question == "mine"


def test_without_weights_and_weights_later(studio: Database, empty: Database, tmp_path: Path) -> None:
    take_in(empty, bundle_of(studio, tmp_path / "light.zip", weights=False))
    assert list_artifacts(empty) == []
    arrivals = take_in(empty, bundle_of(studio, tmp_path / "all.zip"))
    assert {arrival.what for arrival in arrivals if arrival.title.endswith("seed 0")} >= {"files"}
    assert {one.sha256 for one in list_artifacts(empty)} == {one.sha256 for one in list_artifacts(studio)}
    delete_artifact(empty, list_artifacts(empty)[0].id)
    arrivals = take_in(empty, tmp_path / "light.zip")
    assert {arrival.what for arrival in arrivals} == {"here"}


def test_a_conflict_is_said_and_changes_nothing(studio: Database, empty: Database, tmp_path: Path) -> None:
    file = bundle_of(studio, tmp_path / "all.zip", weights=False)
    take_in(empty, file)
    run = get_run(studio, 1)
    set_note(empty, next(one.id for one in list_runs(empty) if one.uid == run.uid), "my own note")
    members = members_of(file)
    name = f"runs/{run.uid}/results.jsonl"
    assert b'"value":0.998' in members[name]
    members[name] = members[name].replace(b'"value":0.998', b'"value":0.5')
    other = write_members(tmp_path / "other.zip", relisted(members))
    before = everything(empty)
    (conflict,) = [arrival for arrival in take_in(empty, other) if arrival.what != "here"]
    assert conflict.what == "conflict"
    assert conflict.line.endswith("is here with other results.jsonl; it is left as it is")
    assert everything(empty) == before


def test_a_run_goes_on_elsewhere_and_comes_back(studio: Database, empty: Database, tmp_path: Path) -> None:
    stopped = next(run for run in list_runs(studio) if run.status == "stopped")
    write_bundle(studio, choose(studio, [stopped.id]), tmp_path / "stopped.zip")
    (arrival,) = take_in(empty, tmp_path / "stopped.zip")
    mark_ended(empty, arrival.run_id, "finished")
    write_bundle(empty, choose(empty, [arrival.run_id]), tmp_path / "finished.zip")
    members = members_of(tmp_path / "finished.zip")
    line = {"task": "synergy", "metric": "accuracy", "value": 0.9, "facts": {}, "time": 1}
    members[f"runs/{stopped.uid}/results.jsonl"] = json.dumps(line).encode() + b"\n"
    (back,) = take_in(studio, write_members(tmp_path / "f.zip", relisted(members)))
    assert (back.what, back.run_id) == ("later", stopped.id)
    assert get_run(studio, stopped.id).status == "finished"
    assert results(studio, [stopped.id])["value"] == [0.9]
    (older,) = take_in(studio, tmp_path / "stopped.zip")
    assert older.what in ("here", "conflict") and get_run(studio, stopped.id).status == "finished"


def test_what_is_in_the_trash_is_said(studio: Database, empty: Database, tmp_path: Path) -> None:
    file = bundle_of(studio, tmp_path / "all.zip", weights=False)
    numbers = [arrival.run_id for arrival in take_in(empty, file)]
    trash_runs(empty, numbers[:1])
    with pytest.raises(BundleError, match=f"run {numbers[0]} is in the trash"):
        take_in(empty, file)
    trash_study(empty, get_study(empty, "bits-quick").id)
    with pytest.raises(BundleError, match="is in the trash"):
        take_in(empty, file)


@pytest.mark.parametrize("several", [False, True])
def test_a_folder_is_the_same_as_a_bundle(
    studio: Database, empty: Database, tmp_path: Path, several: bool
) -> None:
    chosen = choose(studio, [], [1]) if several else choose(studio, [1])
    write_folder(studio, chosen, tmp_path / "folder")
    assert (tmp_path / "folder/run.json").exists() is not several
    take_in(empty, tmp_path / "folder")
    here, there = everything(empty), everything(studio)
    for run in chosen.runs:
        if run.status not in AT_WORK:
            assert here[run.uid] == there[run.uid]
    assert {arrival.what for arrival in take_in(empty, tmp_path / "folder")} == {"here"}
    with pytest.raises(BundleError, match="exists already"):
        write_folder(studio, chosen, tmp_path / "folder")
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path / "folder")
    if several:  # packed by hand, with every file packed
        with pytest.raises(BundleError, match=r"is packed; artifacts are stored|holds no"):
            take_in(empty, tmp_path / "zipped.zip")


def test_an_import_that_dies_leaves_nothing_in_sight(
    studio: Database, empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.bundles.importing as module

    file = bundle_of(studio, tmp_path / "all.zip")
    seen: list[int] = []

    def died(*_: object) -> None:
        seen.append(len(list_runs(empty)) + len(list_studies(empty)))
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_files", died)
    with pytest.raises(KeyboardInterrupt):
        take_in(empty, file)
    assert seen == [0, 0, 0], "nothing is seen before all is there"
    assert list_runs(empty) == list_runs(empty, trashed=True) == list_studies(empty) == []
    assert list_studies(empty, trashed=True) == []
    seen.clear()
    monkeypatch.setattr(module, "drop_arrival", lambda *_: None)  # killed: nobody clears up
    with pytest.raises(KeyboardInterrupt):
        take_in(empty, file)
    assert list_runs(empty) == [] and len(list_runs(empty, trashed=True)) == 3
    monkeypatch.undo()
    take_in(empty, file)
    assert settled(everything(studio)).keys() <= everything(empty).keys()
    assert list_runs(empty, trashed=True) == []


def test_a_bundle_is_a_stream_of_small_pieces(studio: Database) -> None:
    pieces = [len(piece) for piece in stream_bundle(studio, choose(studio, [], [1]))]
    assert sum(pieces) > 10_000_000 and max(pieces) < 2_200_000
    assert find_artifact(studio, 1, "last") is not None
