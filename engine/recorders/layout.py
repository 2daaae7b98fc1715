"""How a run lies in a folder (docs/run-folder.md): the names of its files, and how they are written.

Everything is JSON that any reader takes (RFC 8259) in UTF-8: a number that is none is `null`, an infinite one
the text "Infinity" or "-Infinity".
"""

import contextlib
import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMAT = "infmasking-run"
VERSION = 2
"""Of the layout. 1 had settings alone in run.json, curves without "values", and messages.txt for the log."""

RUN, STATE, LABELS, MACHINE, ARTIFACTS = (
    "run.json", "state.json", "labels.json", "machine.json", "artifacts.json",
)  # fmt: skip
"""Replaced whole: who it is and its settings; how it stands; what people call it; where it trains; its
files."""
METRICS, RESULTS, DECOMPOSITIONS, LOG = "metrics.jsonl", "results.jsonl", "decompositions.jsonl", "log.jsonl"
"""These grow line by line."""
STOP = "stop"
"""A file of this name asks the run to stop."""
OLD_LOG = "messages.txt"

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def as_json(content: Any) -> bytes:
    """The content as one line of strict JSON, without its end."""
    return json.dumps(_strict(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def number(value: float) -> float | str | None:
    """A number as JSON has it."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def artifact_file(kind: str, suffix: str = ".safetensors") -> str:
    """The name of the file that holds an artifact of this kind, safe on any system and one a kind."""
    safe = _UNSAFE.sub("-", kind).strip("-")[:80]
    ending = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,16}", suffix) else ".bin"
    return (safe if safe == kind else f"{safe}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}") + ending


def replace_json(file: Path, content: Mapping[str, Any]) -> None:
    """Put the content in the file's place, so that a reader sees the former or this, whole. Raises
    `OSError`; the former stays then."""
    partial = file.with_name(file.name + ".partial")
    try:
        with partial.open("wb") as out:
            out.write(as_json(content) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, file)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def end_half_line(file: Path) -> None:
    """Where a process died in the middle of a line, the next one begins a line of its own. Raises
    `OSError`."""
    with contextlib.suppress(FileNotFoundError), file.open("rb+") as content:
        if content.seek(0, os.SEEK_END):
            content.seek(-1, os.SEEK_END)
            if content.read(1) != b"\n":
                content.write(b"\n")


def _strict(content: Any) -> Any:
    if isinstance(content, float):
        return number(content)
    if isinstance(content, str):
        return content.encode("utf-8", "backslashreplace").decode()
    if isinstance(content, Mapping):
        return {_strict(str(key)): _strict(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_strict(value) for value in content]
    return content
