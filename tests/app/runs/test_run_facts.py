"""What is said of a run: progress, time left, names."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from app.runs.facts import STATES, seconds_left, share_done, took, where_it_stands
from app.wording.names import data_label, experiment_label, run_name
from engine.presets.preset import load_preset
from storage.run import LiveState, Run

SETTINGS = load_preset("bits-quick").experiment("comm", 2).model_dump(mode="json")


def run(**changes: object) -> Run:
    facts: dict[str, object] = {
        "id": 5,
        "title": "bits-quick · comm · seed 2",
        "preset": "bits-quick",
        "dataset": "bits",
        "method": "comm",
        "seed": 2,
        "digest": "d",
        "settings": SETTINGS,
        "status": "running",
        "phase": "training",
        "epoch": 2,
        "epochs": 6,
        "step": 350,
        "steps": 840,
        "created_at": 1_000,
        "started_at": 2_000,
        "ended_at": None,
        "heartbeat_at": 3_000,
        "progressed_at": 3_000,
        "host": "host",
        "pid": 1,
        "pid_started": 1.0,
        "error": None,
        "stop_requested": False,
        "note": "",
        "tags": (),
        "code_version": None,
        "attempts": 1,
        "study": "bits-quick",
        "study_id": 1,
        "archived_at": None,
        "trashed_at": None,
    }
    return Run(**(facts | changes))  # type: ignore[arg-type]


def test_every_live_state_has_a_look() -> None:
    assert set(STATES) == set(get_args(LiveState))


def test_names_say_method_seed_data_and_experiment() -> None:
    assert (run_name(run()), data_label(run()), experiment_label(run())) == (
        "CoMM, seed 2",
        "Bits",
        "bits-quick",
    )
    mine = run(dataset="paired_file", settings={"data": {"path": "/some/folder/mosi.npz"}}, title="comm")
    assert (data_label(mine), experiment_label(mine)) == ("mosi.npz", "comm")
    dotted = run(title="MOSI · big · comm · seed 2", study="MOSI · big")
    assert experiment_label(dotted) == "MOSI · big"


def test_time_left_is_the_samples_left_by_the_speed() -> None:
    assert seconds_left(run(), "running", 640.0) == (840 - 350) * 64 / 640


def test_time_left_is_not_guessed() -> None:
    assert seconds_left(run(), "running", None) is None
    assert seconds_left(run(), "running", 0.0) is None
    assert seconds_left(run(phase="probing"), "running", 640.0) is None
    assert seconds_left(run(steps=0), "running", 640.0) is None
    assert seconds_left(run(), "stopped", 640.0) is None


@given(st.integers(0, 2_000), st.integers(0, 1_000), st.sampled_from(sorted(STATES)))
def test_share_stays_within_the_bar(step: int, steps: int, state: LiveState) -> None:
    assert 0.0 <= share_done(run(step=step, steps=steps), state) <= 1.0


def test_the_line_beside_the_bar() -> None:
    assert (
        where_it_stands(run(), "running", 40.0)
        == "Training · epoch 3 of 6 · step 350 of 840 · about 40 s left"
    )
    assert (
        where_it_stands(run(phase="probing", epoch=6, step=840), "running", None)
        == "Probing · epoch 6 of 6 · step 840 of 840"
    )
    assert where_it_stands(run(phase="", steps=0), "queued", None) == "Waits for a device"


def test_how_long_it_took() -> None:
    assert took(run(ended_at=48_000), 10**9) == "46 s"
    assert took(run(), 12_000) == "10 s"
    assert took(run(started_at=None), 12_000) == ""


def test_a_published_set_at_a_path_keeps_its_name() -> None:
    at_path = run(dataset="ur_funny", settings={"data": {"path": "/data/humor.pkl"}})
    assert data_label(at_path) == "UR-FUNNY"
