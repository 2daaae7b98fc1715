"""What the page and the command line show of the queue."""

from dataclasses import replace

from made_runs import make_run

from app.queue.view import QueueView, done_words, queue_view, starts_words, summary
from app.training.scheduling import Machine
from storage.jobs import Job
from storage.pauses import Pause
from storage.run import Run

NOW = 1_800_000_000_000
CPU = Machine((), 1)


def job(run: int, device: str | None = None) -> Job:
    status = "queued" if device is None else "claimed"
    return Job(run, run, status, None, "here", device, 1, NOW, NOW, None, None, 0, run)


def waiting_run(number: int, **changes: object) -> Run:
    run = make_run(number, "comm", number, training__device="cpu", training__threads=1)
    return replace(run, status="queued", step=0, steps=0, study_id=number % 2, **changes)


def finished(number: int) -> Run:
    return replace(
        waiting_run(number), status="finished", host="here", started_at=NOW - 90_000, ended_at=NOW - 30_000
    )


def at_work(number: int) -> Run:
    return replace(
        waiting_run(number), status="running", host="here", started_at=NOW - 20_000, heartbeat_at=NOW
    )


def shown(runs: list[Run], pauses: tuple[str, ...] = (), machine: Machine = CPU) -> QueueView:
    waiting = [job(run.id) for run in runs if run.status == "queued"]
    active = [job(run.id, "cpu:1") for run in runs if run.status == "running"]
    return queue_view(waiting, active, runs, [Pause(scope, NOW) for scope in pauses], machine, "here", NOW)


def words(view: QueueView) -> list[tuple[str, str]]:
    return [(starts_words(row), done_words(row)) for row in view.waiting]


def test_what_starts_next_and_when_it_will_be_done() -> None:
    view = shown([at_work(9), waiting_run(1), waiting_run(2), finished(8)])
    assert words(view) == [
        ("in about 40 s", "in about 1 min 40 s"),
        ("in about 1 min 40 s", "in about 2 min 40 s"),
    ]
    assert summary(view) == "1 at work · 2 waiting · time until all is done: about 2 min 40 s"
    assert (view.at_work[0].run.id, view.at_work[0].left) == (9, 40.0)


def test_without_a_measurement_nothing_is_guessed() -> None:
    view = shown([at_work(9), waiting_run(1)])
    assert words(view) == [("not known yet", "not known yet")]
    assert summary(view) == "1 at work · 1 waiting · time until all is done: not known yet"
    assert words(shown([waiting_run(1)])) == [("now", "not known yet")]


def test_what_is_held_back_says_why_and_the_rest_goes_on() -> None:
    runs = [waiting_run(1), waiting_run(2), finished(8)]
    view = shown(runs, ("study:1",))
    assert words(view) == [("study paused", ""), ("now", "in about 1 min")]
    assert summary(view) == "0 at work · 2 waiting, 1 of them held back · time until all is done: about 1 min"
    assert words(shown(runs, ("all",))) == [("paused", ""), ("paused", "")]
    assert words(shown(runs, ("device:cpu",))) == [("CPU paused", "")] * 2
    assert summary(shown(runs, ("all",))) == "0 at work · 2 waiting, 2 of them held back"


def test_gpus() -> None:
    runs = [replace(waiting_run(1), settings=make_run(1, "comm", 0).settings)]
    two = Machine((0, 1), 4)
    assert [row.device for row in shown(runs, machine=two).waiting] == ["GPU"]
    assert words(shown(runs, ("device:cuda:0",), two)) == [("now", "not known yet")]
    assert words(shown(runs, ("device:cuda:0", "device:cuda:1"), two)) == [("GPU paused", "")]
    settings = make_run(1, "comm", 0, training__processes=4).settings
    assert words(shown([replace(runs[0], settings=settings)], machine=two)) == [("cannot run here", "")]


def test_a_lost_run_holds_no_place_in_the_view_and_settings_that_no_longer_parse_are_told() -> None:
    lost = replace(at_work(9), heartbeat_at=NOW - 120_000)
    broken = replace(waiting_run(1), settings={"training": {"epochs": "many"}})
    view = shown([lost, broken])
    assert view.at_work == ()
    assert words(view) == [("cannot run here", "")]
