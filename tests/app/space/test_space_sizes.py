"""Bytes by kind and by study, and the weights that nobody reads."""

from dataclasses import replace

from made_runs import make_run

from app.space.sizes import by_kind, by_study, unread_weights
from storage.artifacts import Artifact
from storage.sizes import FileSize, Held

MIB = 1 << 20
HELD = [
    Held(1, "first", "best", True, False, 3, 30 * MIB),
    Held(2, "second", "best", False, False, 1, 50 * MIB),
    Held(1, "first", "state", True, False, 3, 60 * MIB),
    Held(1, "first", "rows", True, False, 3, 2 * MIB),
    Held(1, "first", "curves", True, False, 90, MIB),
    Held(2, "second", "state", False, True, 1, 7 * MIB),
]


def test_kinds_the_trash_and_the_rest_add_up_to_the_file() -> None:
    table = by_kind(HELD, FileSize(200 * MIB, 20 * MIB))
    assert list(table["size"]) == [
        "80.0 MiB",
        "0 B",
        "60.0 MiB",
        "2.00 MiB",
        "1.00 MiB",
        "7.00 MiB",
        "30.0 MiB",
        "20.0 MiB",
    ]
    assert list(table["files"])[:2] == [4, 0]


def test_studies_largest_first_without_their_trash() -> None:
    table = by_study(HELD)
    assert table.rows() == [
        ("first", "93.0 MiB", "30.0 MiB", "0 B", "60.0 MiB", "2.00 MiB", "1.00 MiB"),
        ("second", "50.0 MiB", "50.0 MiB", "0 B", "0 B", "0 B", "0 B"),
    ]
    assert by_study([HELD[-1]]).is_empty()


def test_only_weights_beside_those_that_were_probed_are_unread() -> None:
    early = make_run(1, "comm", 0, training__patience=3)  # best was probed
    late = make_run(2, "comm", 0)  # last was
    working = replace(make_run(3, "comm", 0), status="running")
    only_best = make_run(4, "comm", 0)
    kept = [
        Artifact(number, run, kind, f"{run}.{kind}", 1, "", 0, {})
        for number, (run, kind) in enumerate(
            [
                (1, "best"),
                (1, "last"),
                (1, "state"),
                (2, "best"),
                (2, "last"),
                (3, "best"),
                (3, "last"),
                (4, "best"),
            ]
        )
    ]
    runs = {run.id: run for run in (early, late, working, only_best)}
    assert [(one.run_id, one.kind) for one in unread_weights(kept, runs)] == [(1, "last"), (2, "best")]
