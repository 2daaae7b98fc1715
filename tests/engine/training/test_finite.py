"""A loss or a gradient that is no longer finite ends a run at its step, and spoils nothing that is kept."""

import math

import pytest
import torch
from tiny_runs import StopsAt, lines, messages, tiny

from engine.errors import UserError
from engine.experiment import run_experiment
from engine.objective import StepOutput
from engine.objectives.cross import Cross
from engine.recorders.folder import FolderRecorder
from engine.training import finite
from engine.training.checkpoint import load_checkpoint
from engine.training.finite import FiniteWatch, NotFinite, are_finite


@pytest.fixture
def breaks_at(monkeypatch):
    """From a step of training on (counted from 1), the loss of a method is what `spoil` makes of it."""
    whole = Cross.forward

    def start(step, spoil):
        def forward(self, views, progress, labels):
            loss, terms = whole(self, views, progress, labels)
            if self.training and progress.step + 1 >= step:
                loss = spoil(loss, self)
            return StepOutput(loss, terms)

        monkeypatch.setattr(Cross, "forward", forward)

    return start


def failure(settings, folder):
    with pytest.raises(UserError) as caught:
        run_experiment(settings, FolderRecorder(folder), folder)
    return str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_is_told_at_its_step_and_not_at_the_next_logged_one(tmp_path, breaks_at, value):
    breaks_at(7, lambda loss, _: loss * 0 + value)
    assert failure(tiny("cross", log_every=100), tmp_path) == (
        f"the loss became {value} at step 7; try a lower learning_rate, a clip_norm, or precision fp32; "
        "no state is kept"
    )


def test_a_gradient_is_told_where_it_is_measured(tmp_path, breaks_at):
    """The loss stays finite; its slope is 0 · ∞."""
    breaks_at(6, lambda loss, model: loss + (0 * model.log_scale).abs().sqrt().sum())
    line = "the gradient norm became nan at step 6; try a lower learning_rate"
    assert failure(tiny("cross", clip_norm=1.0), tmp_path).startswith(line)


def test_a_gradient_that_is_not_measured_shows_in_the_next_loss(tmp_path, breaks_at):
    breaks_at(6, lambda loss, model: loss + (0 * model.log_scale).abs().sqrt().sum())
    assert failure(tiny("cross", log_every=100), tmp_path).startswith("the loss became nan at step 7; ")


def test_what_was_good_stays_and_what_is_not_is_never_kept(tmp_path, breaks_at):
    settings = tiny("cross", state_seconds=3600)
    assert run_experiment(settings, StopsAt(tmp_path, 13), tmp_path) == "stopped"
    breaks_at(30, lambda loss, _: loss * math.nan)
    assert failure(settings, tmp_path).endswith("; the state of step 13 is kept")
    best = load_checkpoint(tmp_path / "best.safetensors")  # of an epoch after the state, found before the end
    assert best.facts["epoch"] == 2 and are_finite(best.objective.state_dict().values())
    assert not (tmp_path / "last.safetensors").exists()


def test_a_last_step_that_spoils_the_weights_ends_no_run_as_finished(tmp_path, breaks_at):
    breaks_at(36, lambda loss, model: loss + (0 * model.log_scale).abs().sqrt().sum())
    assert failure(tiny("cross", log_every=5), tmp_path).startswith("the gradient norm became nan at step 36")


def test_a_validation_loss_that_is_not_finite_is_told_once_and_chooses_nothing(tmp_path, monkeypatch):
    whole = Cross.forward

    def forward(self, views, progress, labels):
        loss, terms = whole(self, views, progress, labels)
        return StepOutput(loss if self.training else loss * math.nan, terms)

    monkeypatch.setattr(Cross, "forward", forward)
    assert run_experiment(tiny("cross"), FolderRecorder(tmp_path), tmp_path) == "finished"
    said = [line for line in messages(tmp_path) if "validation loss" in line]
    assert said == ["the validation loss became nan in epoch 1; by such a loss no best weights are chosen"]
    assert not (tmp_path / "best.safetensors").exists()


@pytest.mark.parametrize(
    ("epochs", "log_every", "steps"),
    [
        (3, 1000, [12, 24, 36]),
        (1, 12, [12]),
        (2, 5, [5, 10, 15, 20, 24]),
        (4, 20, [20, 40, 48]),
        (1, 7, [7, 12]),
    ],
)
def test_short_runs_have_curves_to_their_last_step(tmp_path, epochs, log_every, steps):
    settings = tiny("cross", epochs=epochs, log_every=log_every)
    run_experiment(settings, FolderRecorder(tmp_path), tmp_path)
    points = [row for row in lines(tmp_path, "metrics.jsonl") if "train/loss" in row]
    assert [row["step"] for row in points] == steps
    assert all(math.isfinite(row["train/gradient_norm"]) for row in points)


def test_a_run_that_ends_early_logs_its_open_window(tmp_path):
    settings = tiny("cross", epochs=60, patience=1, learning_rate=0.05, log_every=7)
    run_experiment(settings, FolderRecorder(tmp_path), tmp_path)
    steps = [row["step"] for row in lines(tmp_path, "metrics.jsonl") if "train/loss" in row]
    ended = max(row["step"] for row in lines(tmp_path, "metrics.jsonl"))
    assert ended < 60 * 12 and steps[-1] == ended and steps[:-1] == list(range(7, ended, 7))


class NotYet:
    """A copy that is on its way until `arrive`, as an event of a GPU says it."""

    def __init__(self):
        self.there, self.waited = False, False

    def query(self):
        return self.there

    def synchronize(self):
        self.there = self.waited = True


def test_figures_on_their_way_are_not_waited_for(monkeypatch):
    watch, copies = FiniteWatch(), [NotYet() for _ in range(3)]
    for step, (value, copied) in enumerate(zip([1.0, math.nan, math.inf], copies, strict=True), 1):
        watch._on_their_way.append(finite._Seen(step, "loss", torch.tensor(value), copied))
    assert watch.first_not_finite() is None
    copies[0].there = copies[2].there = True
    assert (
        watch.first_not_finite() is None and not copies[1].waited
    )  # in order: the second may be the first to fail
    assert (
        watch.first_not_finite(wait=True) == NotFinite(2, "loss", watch.first_not_finite().value)
        and copies[1].waited
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_nothing_is_waited_for_and_the_step_is_known():
    watch = FiniteWatch()
    torch.cuda._sleep(50_000_000)
    with torch.cuda.stream(torch.cuda.current_stream()):
        for step, value in enumerate([1.0, 2.0, math.nan, 4.0], 1):
            watch.see(step, "loss", torch.tensor(value).cuda(non_blocking=True))
    found = watch.first_not_finite(wait=True)
    assert found.step == 3 and math.isnan(found.value)
