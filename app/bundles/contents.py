"""Runs and studies as a bundle or folder holds them, read and checked; nothing is written here."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

from app.bundles import records
from app.bundles.records import Where, count, name, optional, read_lines, read_table, text, texts
from app.bundles.sources import ARTIFACT_NAME, BUNDLE, STUDIES, BundleError, Source
from app.groups.naming import read_axes
from engine.files.safetensors_header import HeaderError, parse_header
from engine.recorders import layout
from engine.recorders.artifact_table import hash_stream
from engine.settings.experiment import ExperimentSettings, SettingsError, parse
from storage.batch import Figure, Line, Split
from storage.points import Point

BUNDLE_FORMAT = "infmasking-bundle"
LARGEST = 2_000_000
LARGEST_LIST = 32 * 2**20
"""Bytes of a bundle's own list of files, and of its studies."""
MOST_RUNS = 5_000
ENDED = ("finished", "stopped", "failed", "lost")
STATES = (*ENDED, "queued", "starting", "running")
Row = TypeVar("Row")


class File(NamedTuple):
    """An artifact: what the run calls it, and the bytes it must have."""

    kind: str
    name: str
    file: str
    size: int
    sha256: str
    facts: dict[str, Any]
    created_at: int


class Content(NamedTuple):
    """One run. prefix: what the names of its files begin with; state: columns of its row."""

    prefix: str
    uid: str
    version: int
    created_at: int
    settings: ExperimentSettings
    stored_settings: dict[str, Any]
    labels: dict[str, Any]
    state: dict[str, Any]
    machine: dict[str, Any] | None
    files: tuple[File, ...]


class StudyContent(NamedTuple):
    """A study: its columns, and the uids of its runs and guests."""

    uid: str
    columns: dict[str, Any]
    runs: tuple[str, ...]
    guests: tuple[str, ...]


class Reader:
    """A source, read as runs."""

    def __init__(self, source: Source) -> None:
        """Raises `BundleError` where the list of files is not that of a bundle of this version or an
        older one."""
        self.source = source
        self._names = set(source.names())
        self.listed = self._read_list() if BUNDLE in self._names else None
        self.prefixes = sorted(
            one.removesuffix(layout.RUN) for one in self._names if one.rpartition("/")[2] == layout.RUN
        )
        if len(self.prefixes) > MOST_RUNS:
            raise BundleError(f"{source.name} holds {len(self.prefixes):,} runs; at most {MOST_RUNS:,}")

    def _where(self, name: str, version: int = layout.VERSION) -> Where:
        live = self.source.live and self.listed is None
        return Where(f"{self.source.name}: {name}", live, old=version == 1)

    def _table(self, name: str, most: int = LARGEST) -> dict[str, Any]:
        with self.source.open(name) as content:
            return read_table(content, self.source.size(name), most, self._where(name))

    def _read_list(self) -> dict[str, Any]:
        where, header = self._where(BUNDLE), self._table(BUNDLE, LARGEST_LIST)
        if header.get("format") != BUNDLE_FORMAT:
            raise where.fault(f"its format is {ascii(header.get('format'))[:40]}, not '{BUNDLE_FORMAT}'")
        check_version(header, where)
        files = header.get("files")
        if not isinstance(files, dict):
            raise where.fault("it lists no files")
        missing, more = files.keys() - self._names, self._names - files.keys() - {BUNDLE}
        if missing or more:
            said = (
                f"{min(missing)[:100]} is listed and not there" if missing else f"{min(more)} is not listed"
            )
            raise where.fault(said)
        for one, facts in files.items():
            if not isinstance(facts, dict) or facts.get("size") != self.source.size(one):
                raise where.fault(f"{one} has {self.source.size(one):,} bytes, not what is listed")
        return files

    def studies(self) -> list[StudyContent]:
        """The studies that the runs belong to; empty where the source tells of none."""
        if STUDIES not in self._names:
            return []
        where = self._where(STUDIES)
        listed = self._table(STUDIES, LARGEST_LIST).get("studies")
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise where.fault("no list of studies")
        return [_study(one, where) for one in listed]

    def run(self, prefix: str) -> Content:
        """What is said of one run. Raises `BundleError`."""
        where, header = self._where(prefix + layout.RUN), self._table(prefix + layout.RUN)
        old = "format" not in header
        if not old and header["format"] != layout.FORMAT:
            raise where.fault(f"its format is {ascii(header['format'])[:40]}, not '{layout.FORMAT}'")
        version = 1 if old else check_version(header, where)
        stored = header if old else header.get("settings")
        if not isinstance(stored, dict):
            raise where.fault("it has no settings")
        try:
            settings = parse(stored)
        except SettingsError as error:
            raise where.fault(f"its settings do not fit this version: {error}") from None
        created = (
            self.source.modified(prefix + layout.RUN) or 0 if old else count(header, "created_at", where)
        )
        uid = self._old_uid(prefix) if old else uid_of(header.get("uid"), where)
        labels, state = self._labels(prefix), self._state(prefix, version)
        machine, files = self._machine(prefix), tuple(self._files(prefix))
        return Content(prefix, uid, version, created, settings, stored, labels, state, machine, files)

    def _old_uid(self, prefix: str) -> str:
        """A run of the first version is known by its settings and its first points."""
        digest = hashlib.sha256()
        for file in (layout.RUN, layout.METRICS):
            if prefix + file in self._names:
                with self.source.open(prefix + file) as content:
                    digest.update(content.read(LARGEST) if file == layout.RUN else content.readline(LARGEST))
        return digest.hexdigest()[:32]

    def _labels(self, prefix: str) -> dict[str, Any]:
        if prefix + layout.LABELS not in self._names:
            return {}
        where, labels = self._where(prefix + layout.LABELS), self._table(prefix + layout.LABELS)
        return {
            "title": optional(labels, "title", name, where),
            "study": optional(labels, "study", name, where),
            "preset": optional(labels, "preset", name, where),
            "note": text(labels.get("note", ""), where),
            "tags": texts(labels.get("tags", []), where),
            "archived_at": optional(labels, "archived_at", count, where),
        }

    def _state(self, prefix: str, version: int) -> dict[str, Any]:
        if prefix + layout.STATE not in self._names:
            return self._old_state(prefix, version)
        where, state = self._where(prefix + layout.STATE), self._table(prefix + layout.STATE)
        status = state.get("status")
        if status not in STATES:
            raise where.fault(f"its status is {ascii(status)[:40]}, none of {', '.join(STATES)}")
        times = ("started_at", "ended_at", "heartbeat_at", "progressed_at")
        return {
            "status": status,
            "phase": text(state.get("phase", ""), where, 300),
            **{key: count({key: 0, **state}, key, where) for key in ("epoch", "epochs", "step", "steps")},
            **{key: optional(state, key, count, where) for key in times},
            "host": optional(state, "host", name, where),
            "error": optional(state, "error", text, where),
            "code_version": optional(state, "code_version", name, where),
            "attempts": max(count({"attempts": 1, **state}, "attempts", where), 1),
        }

    def _old_state(self, prefix: str, version: int) -> dict[str, Any]:
        """What the files of a folder without a state tell of it: who has results has finished."""
        step = max((point.step for point in self.points(prefix, version)), default=0)
        finished = any(self.figures(prefix, version))
        return {"status": "finished" if finished else "lost", "step": step, "steps": step if finished else 0}

    def _machine(self, prefix: str) -> dict[str, Any] | None:
        if prefix + layout.MACHINE not in self._names:
            return None
        where, machine = self._where(prefix + layout.MACHINE), self._table(prefix + layout.MACHINE)
        gpus = texts(machine.get("gpus", []), where)
        plain = records.facts_of({key: machine[key] for key in machine if key != "gpus"}, where)
        return {**plain, "gpus": gpus}

    def _files(self, prefix: str) -> Iterator[File]:
        """The artifacts that are there: a bundle may go without weights."""
        if prefix + layout.ARTIFACTS not in self._names:
            yield from self._old_files(prefix)
            return
        where, table = self._where(prefix + layout.ARTIFACTS), self._table(prefix + layout.ARTIFACTS)
        listed = table.get("artifacts")
        if not isinstance(listed, list) or len(listed) > 1000:
            raise where.fault("no list of at most 1000 artifacts")
        kinds = set()
        for entry in listed:
            for one in (entry, entry.get("coming") if isinstance(entry, dict) else None):
                if one is None:
                    continue
                file = _file(one, where)
                if prefix + file.file not in self._names:
                    if self.listed is not None:
                        raise where.fault(f"{file.file} is listed and not there")
                    continue
                if file.kind in kinds or self.source.size(prefix + file.file) != file.size:
                    continue
                kinds.add(file.kind)
                yield file

    def _old_files(self, prefix: str) -> Iterator[File]:
        for kind in ("best", "last", "state"):
            file = layout.artifact_file(kind)
            if prefix + file in self._names:
                with self.source.open(prefix + file) as content:
                    facts = hash_stream(content)
                moment = self.source.modified(prefix + file) or 0
                yield File(kind, file, file, facts["size"], facts["sha256"], {"kind": kind}, moment)

    def open_artifact(self, prefix: str, file: File) -> BinaryIO:
        """The bytes of an artifact."""
        return self.source.open(prefix + file.file)

    def check_artifact(self, prefix: str, file: File) -> None:
        """Raises `BundleError` where an artifact is no file of its kind, or not the one that is listed."""
        where = self._where(prefix + file.file)
        with self.open_artifact(prefix, file) as content:
            try:
                if file.file.endswith(".safetensors"):
                    parse_header(content, file.size, where.what)
                elif content.read(4) != b"PAR1":
                    raise where.fault("no Parquet file")
            except HeaderError as error:
                raise BundleError(str(error)) from None
        with self.open_artifact(prefix, file) as content:
            found = hash_stream(content)
        if (found["size"], found["sha256"]) != (file.size, file.sha256):
            raise where.fault(f"its sha256 is {found['sha256']}, listed is {file.sha256}")

    def check_list(self, file: str) -> None:
        """Raises `BundleError` where a file of a bundle has not the hash that the bundle lists."""
        facts = (self.listed or {}).get(file)
        if facts is not None:
            with self.source.open(file) as content:
                found = hash_stream(content)["sha256"]
            if found != facts.get("sha256"):
                raise self._where(file).fault(
                    f"its sha256 is {found}, listed is {ascii(facts.get('sha256'))[:80]}"
                )

    def hashes(self, content: Content) -> dict[str, str]:
        """sha256 of what a run recorded, by file; artifacts by kind."""
        found = {}
        for file in (layout.RUN, layout.METRICS, layout.RESULTS, layout.DECOMPOSITIONS):
            if content.prefix + file in self._names:
                with self.source.open(content.prefix + file) as stream:
                    found[file] = hash_stream(stream)["sha256"]
        return found | {f"artifact {file.kind}": file.sha256 for file in content.files}

    def points(self, prefix: str, version: int, time: int = 0) -> Iterator[Point]:
        """Every point of the run's curves, in the order of the file."""
        for rows in self._rows(prefix, layout.METRICS, version, records.points_of, time):
            yield from rows

    def figures(self, prefix: str, version: int, time: int = 0) -> Iterator[Figure]:
        """The run's final figures."""
        return self._rows(prefix, layout.RESULTS, version, records.figure_of, time)

    def splits(self, prefix: str, version: int, time: int = 0) -> Iterator[Split]:
        """The run's decompositions."""
        return self._rows(prefix, layout.DECOMPOSITIONS, version, records.split_of, time)

    def lines(self, prefix: str, version: int, time: int = 0) -> Iterator[Line]:
        """The run's log."""
        old = prefix + layout.OLD_LOG
        if old in self._names:
            with self.source.open(old) as content:
                for place in range(1_000_000):
                    line = content.readline(records.LONGEST_TEXT)
                    if not line:
                        break
                    yield Line(time * 1000 + place, line.decode("utf-8", "replace").rstrip("\n"))
        yield from self._rows(
            prefix, layout.LOG, version, lambda row, where, _: records.line_of(row, where), time
        )

    def _rows(
        self,
        prefix: str,
        file: str,
        version: int,
        read: Callable[[Mapping[str, Any], Where, int], Row],
        time: int,
    ) -> Iterator[Row]:
        if prefix + file not in self._names:
            return
        where = self._where(prefix + file, version)
        with self.source.open(prefix + file) as content:
            for row in read_lines(content, where):
                yield read(row, where, time)


def check_version(header: Mapping[str, Any], where: Where) -> int:
    """The version of a header; raises `BundleError` for one that this program does not know."""
    version = header.get("version")
    if type(version) is not int or version < 1:
        raise where.fault(f"its version is {ascii(version)[:40]}; a whole number from 1 is expected")
    if version > layout.VERSION:
        raise where.fault(
            f"version {version}, made by a newer program; this one reads up to {layout.VERSION}"
        )
    return version


def uid_of(value: Any, where: Where) -> str:
    """The name of a run or study that is the same in every studio."""
    if not isinstance(value, str) or len(value) != 32 or set(value) - set("0123456789abcdef"):
        raise where.fault(f"its uid is {ascii(value)[:60]}; 32 hex digits are expected")
    return value


def _file(entry: Any, where: Where) -> File:
    if not isinstance(entry, dict):
        raise where.fault("an artifact that is no table")
    file, digest = entry.get("file"), entry.get("sha256")
    if not isinstance(file, str) or not ARTIFACT_NAME.fullmatch(file):
        raise where.fault(f"{ascii(file)[:80]} is no name of an artifact's file (.safetensors or .parquet)")
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise where.fault(f"the sha256 of {file} is {ascii(digest)[:80]}")
    return File(
        name(entry.get("kind"), where),
        name(entry.get("name", file), where),
        file,
        count(entry, "size", where),
        digest,
        records.facts_of(entry.get("facts", {}), where),
        count(entry, "created_at", where),
    )


def _study(entry: Mapping[str, Any], where: Where) -> StudyContent:
    plan, axes = entry.get("plan"), entry.get("axes", [])
    if plan is not None and not isinstance(plan, dict):
        raise where.fault("a plan that is no table")
    try:
        read_axes(cast("list[Any]", axes))
    except (TypeError, KeyError, ValueError, AttributeError):
        raise where.fault("axes that are not as studies have them") from None
    columns = {
        "name": name(entry.get("name"), where),
        "question": text(entry.get("question", ""), where),
        "note": text(entry.get("note", ""), where),
        "tags": texts(entry.get("tags", []), where),
        "plan": plan,
        "axes": axes,
        "created_at": count(entry, "created_at", where),
        "archived_at": optional(entry, "archived_at", count, where),
    }
    members = [
        tuple(uid_of(one, where) for one in texts(entry.get(key, []), where, MOST_RUNS))
        for key in ("runs", "guests")
    ]
    return StudyContent(uid_of(entry.get("uid"), where), columns, members[0], members[1])
