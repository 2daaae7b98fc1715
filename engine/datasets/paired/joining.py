"""From files to aligned columns: which arrays were asked for, read, checked, and joined over the parts of the
data."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.datasets.paired.steps import check_lengths, lengthened, with_lengths, without_padding
from engine.errors import DatasetError
from engine.files.arrays import ArrayFile, Column, finite_problem
from engine.files.contents import LENGTHS, PART_NAMES, SPLIT, Part, part_names, shape_problem
from engine.files.fingerprint import hash_file
from engine.files.opening import open_array_file
from engine.settings.dataset import PairedFileSettings

PARTS: tuple[Part | None, ...] = ("train", "validation", "test", None)
"""What the numbers in `Joined.parts` stand for; None: the data name no part."""


class Source(NamedTuple):
    """One part of the data: the file, and the raw name there of each array."""

    file: ArrayFile
    part: Part | None
    raw: Mapping[str, str]


class Joined(NamedTuple):
    """All rows: a column for each modality, the label and the group, and for each row the position in `PARTS`
    of its part.

    dtypes: of each column the narrowest in which a part of it is stored. notes: what was left out, as
    sentences.
    """

    columns: dict[str, Column]
    parts: NDArray[np.int64]
    dtypes: dict[str, np.dtype[Any]]
    notes: tuple[str, ...]


def join(settings: PairedFileSettings) -> Joined:
    """The arrays that the settings name; raises `DatasetError` for what is missing, misaligned, of wrong
    shape or not finite, and for a test file that is the training file."""
    wanted = list(dict.fromkeys([*settings.modalities, settings.label, *filter(None, [settings.group])]))
    most = int(settings.max_gigabytes * 1e9)
    path = Path(settings.path).expanduser()
    file = open_array_file(path, most)
    if settings.test_path is None:
        sources = _find(file, wanted)
    else:
        test_path = Path(settings.test_path).expanduser()
        test_file = open_array_file(test_path, most)
        if _same_content(path, test_path):
            raise DatasetError(
                f"the test file {test_path.name} is the training file: it holds the same bytes; "
                "name a file with other rows, or none"
            )
        sources = [_find_part(file, wanted, "train"), _find_part(test_file, wanted, "test")]
    for file in {source.file.path: source.file for source in sources}.values():
        file.check_total([raw for source in sources if source.file is file for raw in source.raw.values()])
    notes: list[str] = []
    tables = [_read(source, settings, notes) for source in sources]
    parts = [_row_parts(source, table) for source, table in zip(sources, tables, strict=True)]
    columns = {name: _concatenate(name, [table[name] for table in tables]) for name in wanted}
    dtypes = {name: _narrowest([table[name].values for table in tables]) for name in wanted}
    return Joined(columns, np.concatenate(parts), dtypes, tuple(dict.fromkeys(notes)))


def _same_content(path: Path, other: Path) -> bool:
    if path.resolve() == other.resolve():
        return True
    return path.stat().st_size == other.stat().st_size and hash_file(path) == hash_file(other)


def _narrowest(arrays: list[NDArray[Any]]) -> np.dtype[Any]:
    """The type in which values can be compared that one part may have stored with fewer digits."""
    decimals = [array.dtype for array in arrays if array.dtype.kind == "f"]
    return min(decimals or [array.dtype for array in arrays], key=lambda dtype: dtype.itemsize)


def _find(file: ArrayFile, wanted: list[str]) -> list[Source]:
    """The parts of a file that serves all of them: plain names if all are there, else every part that has
    any."""
    tables: dict[Part | None, dict[str, str]] = {}
    for raw, (part, name) in part_names(file.names).items():
        tables.setdefault(part, {})[name] = raw
    plain = tables.get(None, {})
    if all(name in plain for name in wanted):
        return [Source(file, None, _with_helpers(plain, wanted))]
    sources = [
        (part, tables[part]) for part in PARTS[:3] if any(name in tables.get(part, {}) for name in wanted)
    ]
    if not sources:
        sources = [(None, plain)]
    for part, table in sources:
        for name in wanted:
            if name not in table:
                raise _missing(file, name, f"the {part} part" if part else "", list(table))
    return [Source(file, part, _with_helpers(table, wanted)) for part, table in sources]


def _find_part(file: ArrayFile, wanted: list[str], part: Part) -> Source:
    """A file that serves one part, with or without the part's name before its arrays'."""
    table = {name: name for name in file.names}
    for prefix in PART_NAMES[part]:
        table |= {raw.removeprefix(f"{prefix}_"): raw for raw in file.names if raw.startswith(f"{prefix}_")}
    for name in wanted:
        if name not in table:
            raise _missing(file, name, "", file.names)
    return Source(file, part, _with_helpers(table, wanted))


def _with_helpers(table: Mapping[str, str], wanted: list[str]) -> dict[str, str]:
    """The wanted arrays, their lengths, and the split column, where they are there."""
    names = [*wanted, *(f"{name}{LENGTHS}" for name in wanted), SPLIT]
    return {name: table[name] for name in names if name in table}


def _missing(file: ArrayFile, name: str, where: str, there: list[str]) -> DatasetError:
    near = difflib.get_close_matches(name, there, 1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    place = f"{where} of {file.path.name}" if where else file.path.name
    return DatasetError(f"no array '{name}' in {place}{hint}; it has {', '.join(sorted(there))}")


def _read(source: Source, settings: PairedFileSettings, notes: list[str]) -> dict[str, Column]:
    """The source's arrays, checked one by one and against each other; valid steps are in the columns, and
    what stands behind them is 0."""
    where = source.file.path.name
    table = {}
    for name, raw in source.raw.items():
        table[name] = source.file.read(raw)
        if problem := shape_problem(table[name]):
            raise DatasetError(f"{where}: '{raw}' {problem}")
    rows = {source.raw[name]: len(column.values) for name, column in table.items()}
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{raw} has {n:,}" for raw, n in rows.items())
        raise DatasetError(f"{where}: the rows do not align: {counts}")
    for name in settings.modalities:
        if f"{name}{LENGTHS}" in table:
            raw = source.raw[f"{name}{LENGTHS}"]
            lengths = table[f"{name}{LENGTHS}"].values
            table[name] = with_lengths(table[name], lengths, f"{where}: '{raw}'", notes)
        check_lengths(table[name], f"{where}: '{source.raw[name]}'")
        table[name] = without_padding(table[name])
        if problem := finite_problem(table[name].values):
            raise DatasetError(f"{where}: '{source.raw[name]}' {problem}")
    return table


def _row_parts(source: Source, table: Mapping[str, Column]) -> NDArray[np.int64]:
    """The position in `PARTS` of each row's part: what the split column says, else the source's own.

    A training file's split column may set rows apart for validation; a column that contradicts its file is
    refused.
    """
    n = len(next(iter(table.values())).values)
    if SPLIT not in table:
        return np.full(n, PARTS.index(source.part))
    column, where = table[SPLIT], source.file.path.name
    meaning = {name: PARTS.index(part) for part, names in PART_NAMES.items() for name in names}
    names = [name.strip().lower() for name in column.names]
    unknown = [name for name in names if name not in meaning]
    if not names or unknown:
        came = ", ".join(unknown[:5]) if names else f"numbers ({column.values.dtype})"
        raise DatasetError(f"{where}: '{SPLIT}' holds {came}; allowed are train, validation, test")
    parts: NDArray[np.int64] = np.array([meaning[name] for name in names])[column.values].reshape(-1)
    allowed = {None: PARTS[:3], "train": PARTS[:2]}.get(source.part, (source.part,))
    for part in set(PARTS[:3]) - set(allowed):
        if count := int((parts == PARTS.index(part)).sum()):
            raise DatasetError(
                f"{where} gives the {source.part} rows, but its '{SPLIT}' calls {count:,} of them {part}; "
                "take the column or the second file away"
            )
    if source.part in (None, "train") and PARTS.index("train") not in parts:
        raise DatasetError(f"{where}: '{SPLIT}' names no train rows")
    return parts


def _concatenate(name: str, columns: list[Column]) -> Column:
    """The rows of all parts, one after the other; sequences with lengths are filled up to the longest."""
    if any(column.lengths is not None for column in columns):
        longest = max(column.values.shape[1] for column in columns)
        columns = [lengthened(column, longest) for column in columns]
    shapes = {column.values.shape[1:] for column in columns}
    if len(shapes) > 1:
        raise DatasetError(
            f"'{name}' differs between the parts of the data: {' and '.join(map(str, sorted(shapes)))} a row"
        )
    if len({bool(column.names) for column in columns}) > 1:
        raise DatasetError(f"'{name}' is text in one part of the data and numbers in another")
    names = tuple(sorted({text for column in columns for text in column.names}))
    place = {text: position for position, text in enumerate(names)}
    values = [np.array([place[t] for t in c.names])[c.values] if names else c.values for c in columns]
    lengths = [column.lengths for column in columns if column.lengths is not None]
    return Column(np.concatenate(values), np.concatenate(lengths) if lengths else None, names)
