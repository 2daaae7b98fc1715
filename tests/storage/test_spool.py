"""The spool file, when it was cut short, damaged, or written by somebody else: what can be read is, the rest
is passed over, and nothing stands in the way of the lines behind it."""

import json
from pathlib import Path

import pytest

from storage import spool
from storage.batch import Batch, Figure, Line, Split
from storage.points import Point
from storage.spool import Spool

WHOLE = Batch(
    [Point("train/loss", 3, float("nan"), 7), Point("train/loss", 4, 1.5, 8)],
    [Figure("y", "accuracy", 0.5, '{"kind": "classification"}', 9)],
    [Line(10, "line\u2028of text")],
    {"phase": "training", "step": 4},
    [Split("y", "both", "trained", 2, '{"synergy": 0.5}', 11)],
)


def with_part(place: int, content: object) -> str:
    parts = json.loads(WHOLE.to_json())
    parts[place] = content
    return json.dumps(parts)


DEEP = "[" * 100_000 + "]" * 100_000
DAMAGED = [
    WHOLE.to_json()[:-20],
    "1",
    "null",
    "[1, 2, 3, 4]",
    "[[], [], [], []]",
    DEEP,
    f"[[], [], [], {{}}, {DEEP}]",
    with_part(0, [["train/loss", 3]]),
    with_part(0, [["train/loss", "3", 1.0, 7]]),
    with_part(0, [["train/loss", True, 1.0, 7]]),
    with_part(0, [["train/loss", 2**64, 1.0, 7]]),
    with_part(0, [[["train/loss"], 3, 1.0, 7]]),
    with_part(0, [["\ud800", 3, 1.0, 7]]),
    with_part(1, [["y", "accuracy", 0.5, "no JSON", 9]]),
    with_part(1, [["y", "accuracy", 0.5, "[1]", 9]]),
    with_part(1, [["y", "accuracy", 0.5, '{"a": ' + DEEP + "}", 9]]),
    with_part(2, {"a": 1}),
    with_part(3, {"status": "finished"}),
    with_part(3, {"phase": {"a": 1}}),
    with_part(3, [1]),
    with_part(4, [["y", "both", "trained", 2, "7", 11]]),
]


def test_a_batch_comes_back_as_it_was() -> None:
    again = Batch.from_json(WHOLE.to_json())
    assert repr(again) == repr(WHOLE)


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_is_passed_over_and_the_next_is_read(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError):
        Batch.from_json(line)
    file = tmp_path / "run.jsonl"
    file.write_text(f"{line}\n", encoding="utf-8")
    kept = Spool(file)
    kept.append(WHOLE)
    written: list[Batch] = []
    assert kept.replay(written.append) == 2
    assert [len(batch) for batch in written] == [0, len(WHOLE)]
    assert not file.exists()


def test_bytes_that_are_no_text_and_a_line_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LONGEST_LINE", 10_000)
    file = tmp_path / "run.jsonl"
    file.write_bytes(b"\xff\xfe\x00\n" + b"[" * 35_000 + b"\n")
    kept = Spool(file)
    kept.append(WHOLE)
    written: list[Batch] = []
    kept.replay(written.append)
    assert len(written[-1]) == len(WHOLE) and not any(len(batch) for batch in written[:-1])
