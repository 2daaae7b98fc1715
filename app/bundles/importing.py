"""Runs into the database, from a bundle or a folder: all is checked before anything is written.

A run is known by its uid: twice is once. A run that ended differently here and there is a conflict, which is
said and changes nothing; a later state of a run that has not finished here is taken over.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar

from app.bundles.contents import ENDED, Content, File, Reader, StudyContent
from app.bundles.export import recorded, run_header
from app.bundles.sources import BUNDLE, STUDIES, BundleError, Source
from engine.errors import one_line
from engine.recorders import layout
from storage.arrivals import (
    ArrivingStudy,
    drop_arrival,
    expect_run,
    expect_study,
    is_unfinished,
    run_of_uid,
    show_arrivals,
    study_of_uid,
    update_arrived,
)
from storage.artifacts import list_artifacts, store_stream
from storage.batch import Batch, write_batch
from storage.clock import now_ms
from storage.database import Database
from storage.models import new_uid
from storage.run import ALIVE, LOST_AFTER_MS, Run, live_state
from storage.runs import list_runs
from storage.studies import list_studies

What = Literal["new", "here", "files", "later", "conflict"]
ROWS = 500
Row = TypeVar("Row")


class Arrival(NamedTuple):
    """What became of one run. what: new; here already; its files were added; brought to a later state; or a
    conflict, and line says what of."""

    run_id: int
    title: str
    what: What
    line: str


def import_runs(db: Database, source: Source) -> list[Arrival]:
    """Take in every run of a bundle or folder.

    Raises `BundleError`, one line, and nothing is written, where any of it is not as it should be;
    `DatabaseError`, `OSError`.
    """
    reader = Reader(source)
    studies = reader.studies()
    contents = [check_run(reader, prefix) for prefix in reader.prefixes]
    _check_list(reader, contents, studies)
    moment = now_ms()
    standing = [(content, run_of_uid(db, content.uid)) for content in contents]
    for _, run in standing:
        if run is not None and run.trashed_at is not None and not is_unfinished(run):
            raise BundleError(
                f"run {run.id} is in the trash ({run.title}); restore it there, or delete it for good"
            )
    known = [_compare(db, reader, content, run, moment) for content, run in standing if _is_here(run)]
    new = _take_in(db, reader, [content for content, run in standing if not _is_here(run)], studies, moment)
    return [*new, *known]


def check_run(reader: Reader, prefix: str) -> Content:
    """Read all of a run and keep nothing; raises `BundleError` for any mistake in it."""
    content = reader.run(prefix)
    for rows in (reader.points, reader.figures, reader.splits, reader.lines):
        for _ in rows(prefix, content.version):
            pass
    for file in content.files:
        reader.check_artifact(prefix, file)
    return content


def _check_list(reader: Reader, contents: list[Content], studies: list[StudyContent]) -> None:
    """A bundle holds what it lists and nothing else, each run once."""
    uids = [content.uid for content in contents]
    if len(set(uids)) < len(uids):
        raise BundleError(
            f"{reader.source.name} holds a run twice: {min(u for u in uids if uids.count(u) > 1)}"
        )
    if not (contents or studies):
        raise BundleError(f"{reader.source.name} holds no run")
    if reader.listed is None:
        return
    artifacts = {content.prefix + file.file for content in contents for file in content.files}
    for content in contents:
        if content.prefix != f"runs/{content.uid}/":
            raise BundleError(f"{reader.source.name}: {content.prefix} holds the run {content.uid}")
    for name in reader.listed:
        if name not in artifacts:  # whose hash was checked with what the run itself lists
            reader.check_list(name)
        folder, _, file = name.rpartition("/")
        if name not in (BUNDLE, STUDIES) and f"{folder}/" not in reader.prefixes:
            raise BundleError(f"{reader.source.name}: {name} belongs to no run")
        if file.endswith((".safetensors", ".parquet")) and name not in artifacts:
            raise BundleError(f"{reader.source.name}: {name} is not in the run's {layout.ARTIFACTS}")


def _is_here(run: Run | None) -> bool:
    return run is not None and not is_unfinished(run)


def _take_in(
    db: Database, reader: Reader, contents: list[Content], studies: list[StudyContent], moment: int
) -> list[Arrival]:
    """Write new runs with their studies, and show them when all are here."""
    homes = _homes(db, contents, studies)
    arriving = [
        ArrivingStudy(study.uid, study.columns, (*study.guests, *study.runs)) for study in studies
    ] + [home for home in homes.values() if home.uid not in {study.uid for study in studies}]
    arriving = list({study.uid: study for study in arriving}.values())
    for study in arriving:
        there = study_of_uid(db, study.uid)
        if there is not None and there.trashed_at is not None and _has_whole_runs(db, there.id):
            raise BundleError(
                f"the study '{there.name}' is in the trash; restore it there, or delete it for good"
            )
    numbers: dict[str, int] = {}
    arrived: dict[int, Mapping[str, Any]] = {}
    arrivals = []
    try:
        for study in arriving:
            numbers[study.uid] = expect_study(db, study)
        for content in contents:
            title = title_of(content)
            columns = _columns(content, title) | {"study_id": numbers[homes[content.uid].uid]}
            origin = {
                "from": one_line(reader.source.name, 300),
                "at": moment,
                "files": reader.hashes(content),
            }
            run_id = expect_run(db, columns, origin)
            arrived[run_id] = {**_standing(reader, content, moment), "origin": origin}
            write_rows(db, reader, content, run_id)
            write_files(db, reader, content, content.files, run_id)
            arrivals.append(Arrival(run_id, title, "new", f"run {run_id}: {title}"))
        show_arrivals(db, arrived, arriving)
    except BaseException:
        drop_arrival(db, arrived, numbers.values())
        raise
    return arrivals


def _has_whole_runs(db: Database, study_id: int) -> bool:
    return any(run.study_id == study_id and not is_unfinished(run) for run in list_runs(db, trashed=True))


def _homes(db: Database, contents: list[Content], studies: list[StudyContent]) -> dict[str, ArrivingStudy]:
    """Each run's own study: the one that lists it, or the one of the name that the run says."""
    listed = {uid: study for study in studies for uid in study.runs}
    named = {study.name: study for study in list_studies(db)}
    homes: dict[str, ArrivingStudy] = {}
    made: dict[str, ArrivingStudy] = {}
    for content in contents:
        if content.uid in listed:
            study = listed[content.uid]
            homes[content.uid] = ArrivingStudy(study.uid, study.columns)
            continue
        name = content.labels.get("study") or "imported"
        uid = named[name].uid if name in named else new_uid()
        made.setdefault(
            name, ArrivingStudy(uid, {"name": name, "created_at": content.created_at or now_ms()})
        )
        homes[content.uid] = made[name]
    return homes


def title_of(content: Content) -> str:
    """What the run is called; where its folder does not say, by its method and seed."""
    settings = content.settings
    return str(content.labels.get("title") or f"imported · {settings.objective.name} · seed {settings.seed}")


def _columns(content: Content, title: str) -> dict[str, Any]:
    """Of the run's row, what does not change any more."""
    settings, labels = content.settings, content.labels
    return {
        "uid": content.uid,
        "title": title,
        "preset": labels.get("preset"),
        "dataset": settings.data.name,
        "method": settings.objective.name,
        "seed": settings.seed,
        "digest": settings.digest(),
        "settings": content.stored_settings,
        "created_at": content.created_at or now_ms(),
        "note": labels.get("note", ""),
        "tags": labels.get("tags", []),
        "archived_at": labels.get("archived_at"),
        "machine": content.machine,
    }


def _standing(reader: Reader, content: Content, moment: int) -> dict[str, Any]:
    """How the run stands: one that was at work is lost, unless its folder still gives signs of life; none
    waits, for its place in a queue was elsewhere."""
    state = dict(content.state)
    status = state["status"]
    if status not in ENDED:
        beats = reader.source.live and moment - (state.get("heartbeat_at") or 0) < LOST_AFTER_MS
        state["status"] = "stopped" if status == "queued" else "running" if beats else "lost"
    return {"error": None, **state, "pid": None, "pid_started": None, "stop_requested": False}


def write_rows(db: Database, reader: Reader, content: Content, run_id: int) -> None:
    """Store everything the run recorded; a second time changes nothing."""
    where = (content.prefix, content.version, content.created_at)
    made: list[tuple[Iterator[Any], Callable[[list[Any]], Batch]]] = [
        (reader.points(*where), lambda rows: Batch(points=rows)),
        (reader.figures(*where), lambda rows: Batch(figures=rows)),
        (reader.splits(*where), lambda rows: Batch(splits=rows)),
        (reader.lines(*where), lambda rows: Batch(lines=rows)),
    ]
    for rows, batch in made:
        for some in _some_at_a_time(rows):
            with db.write() as connection:
                write_batch(connection, run_id, batch(some))


def write_files(db: Database, reader: Reader, content: Content, files: Iterable[File], run_id: int) -> None:
    """Store artifacts of the run, each with the hash that is listed for it."""
    for file in files:
        with reader.open_artifact(content.prefix, file) as stream:
            store_stream(
                db,
                run_id,
                file.kind,
                stream,
                file.facts,
                file.name,
                sha256=file.sha256,
                made_at=file.created_at,
            )


def _compare(db: Database, reader: Reader, content: Content, run: Run | None, moment: int) -> Arrival:
    """A run that is here already: the same, more of the same, a later state, or another one."""
    assert run is not None
    said = f"run {run.id} ({run.title})"
    differing = differing_files(db, reader, content, run)
    kept = {artifact.kind for artifact in list_artifacts(db, run.id)}
    if not differing:
        missing = [file for file in content.files if file.kind not in kept]
        if missing:
            write_files(db, reader, content, missing, run.id)
            names = ", ".join(file.kind for file in missing)
            return Arrival(run.id, run.title, "files", f"{said} is here already; added: {names}")
        return Arrival(run.id, run.title, "here", f"{said} is here already")
    if _is_later(content, run, moment):
        write_rows(db, reader, content, run.id)
        write_files(db, reader, content, content.files, run.id)
        origin = {"from": one_line(reader.source.name, 300), "at": moment, "files": reader.hashes(content)}
        update_arrived(db, run.id, {**_standing(reader, content, moment), "origin": origin})
        return Arrival(run.id, run.title, "later", f"{said} was brought up to date")
    return Arrival(
        run.id,
        run.title,
        "conflict",
        f"{said} is here with other {', '.join(differing)}; it is left as it is",
    )


def _is_later(content: Content, run: Run, moment: int) -> bool:
    """Whether what comes is the same run further on. One that finished here, or is at work here, is never
    changed."""
    if run.status == "finished" or run.settings != content.stored_settings:
        return False
    if run.pid is not None and live_state(run, moment) in ALIVE:
        return False
    state = content.state
    then = (state.get("attempts", 1), state.get("step", 0), state.get("ended_at") or 0)
    return then > (run.attempts, run.step, run.ended_at or 0)


def differing_files(db: Database, reader: Reader, content: Content, run: Run) -> list[str]:
    """What of the run's records has other bytes here, by the name of the file: neither those that it came
    with nor those that it would be exported with."""
    came = (run.origin or {}).get("files", {})
    theirs = reader.hashes(content)
    here = {f"artifact {artifact.kind}": artifact.sha256 for artifact in list_artifacts(db, run.id)}
    differing = [name for name, digest in theirs.items() if came.get(name) != digest]
    if not differing:
        return []
    ours = {name: _hash(pieces) for name, pieces in recorded(db, run.id).items() if name in differing}
    ours[layout.RUN] = _hash([layout.as_json(run_header(run)) + b"\n"])
    return [
        name
        for name in differing
        if theirs[name] != {**ours, **here}.get(name)
        and not (name.startswith("artifact ") and name not in here)
    ]


def _hash(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _some_at_a_time(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, ROWS)):
        yield some
