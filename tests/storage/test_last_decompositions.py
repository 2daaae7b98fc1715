"""What pages read most of decompositions: of one encoder, the last of each task."""

from pathlib import Path

from storage.database import Database
from storage.queries import decompositions, last_decompositions
from storage.recorder import RunRecorder


def test_only_the_last_of_each_task_and_of_one_encoder_is_read(
    db: Database, run_id: int, tmp_path: Path
) -> None:
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl") as recorder:
        for epoch in (10, 3, 0):
            for encoder in ("trained", "untrained"):
                recorder.decomposition("synergy", "x1 | x2", encoder, epoch, {"n": epoch})
        recorder.decomposition("synergy", "x1 | x3", "trained", 3, {"n": 33})
        recorder.decomposition("share", "x1 | x2", "untrained", 5, {"n": 5})
    last = last_decompositions(db, [run_id], "trained")
    assert [row["n"] for row in last["content"]] == [10, 33]
    assert list(last) == list(decompositions(db, [run_id]))
    assert (last["sides"], last["epoch"]) == (["x1 | x2", "x1 | x3"], [10, 3])
    assert last_decompositions(db, [run_id + 1], "trained")["content"] == []
