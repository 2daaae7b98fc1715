"""Opening a user's file of named arrays by its ending; the formats stand in `arrays.py` and
`parquet.py`."""

import stat
from pathlib import Path

from engine.errors import DatasetError
from engine.files.arrays import ArrayFile, NpzFile, SafetensorsFile, first_line, too_large
from engine.files.parquet import ParquetFile
from engine.settings.paths import PathError, local_path

KINDS: dict[str, type[NpzFile] | type[SafetensorsFile] | type[ParquetFile]] = {
    ".npz": NpzFile,
    ".safetensors": SafetensorsFile,
    ".parquet": ParquetFile,
}


def open_array_file(path: Path, most_bytes: int) -> ArrayFile:
    """The file at `path`, by its ending; raises `DatasetError` for one that is missing, empty, too large or
    of another format."""
    try:
        path = local_path(path)
    except PathError as error:
        raise DatasetError(str(error)) from None
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise DatasetError(f"'{path.name}' ends in '{path.suffix}'; allowed are {', '.join(KINDS)}")
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except FileNotFoundError:
        raise DatasetError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise DatasetError(f"{str(path)[:200]!r} cannot be read: {first_line(error)}") from None
    if not stat.S_ISREG(status.st_mode):
        raise DatasetError(f"{path} is not a file")
    size = status.st_size
    if size == 0:
        raise DatasetError(f"{path.name} is empty")
    if size > most_bytes:
        raise DatasetError(f"{path.name} has {too_large(size, most_bytes)}")
    return kind(path, most_bytes)
