"""Every preset from the command line, on generated files of its published format: started, stopped, resumed,
probed, exported."""

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from house import House, open_house
from preset_runs import SHORT
from published_samples import affect_file, episodes, mimic_file, mm_imdb_folder, tiny_models
from safetensors.numpy import load_file

from app.cli import main
from engine.presets.preset import load_preset, preset_names
from engine.settings.published_dataset import MimicSettings, MmImdbSettings, VisionTouchSettings
from storage.artifacts import find_artifact
from storage.queries import results

NARROW = {"fusion.width": 20, "fusion.heads": 2}
DECOMPOSED = ("mimic", "mosi")
"""Presets that decompose too; it takes longer than all the rest, and has tests of its own."""
TRANSFORMER = {"name": "sequence_transformer", "layers": 1, "feed_forward": 16}
CHANGES: dict[str, dict[str, object]] = {
    "bits-quick": {"data.samples": 200, "data.probe_samples": 200, "data.test_samples": 200},
    "mimic": {
        "encoders.tabular": {"name": "tabular", "width": 20},
        "encoders.time_series": {"name": "gru", "width": 20},
    },
    "mm-imdb": {"data.image_size": 32, "data.text_tokens": 16, "training.warmup_epochs": 1},
    "paired-file": {"data.modalities": ["voice", "gestures"], "data.label": "mood", "training.patience": 0},
    **{
        name: {f"encoders.{modality}": TRANSFORMER for modality in ("vision", "text")}
        for name in ("mosi", "ur-funny", "mustard")
    },
    "ur-funny-trimodal": {f"encoders.{modality}": TRANSFORMER for modality in ("vision", "text", "audio")},
    **{
        name: {
            "data.image_size": 64,
            "data.pairs": 64,
            "data.probe_pairs": 100,
            "data.test_pairs": 100,
            "training.patience": 0,
        }
        for name in ("trifeature-ru", "trifeature-synergy", "trifeature-small")
    },
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A home with a small file of every published set, and a supervisor."""
    home = tmp_path_factory.mktemp("presets")
    with open_house(home) as opened:
        for number, name in enumerate(("mosi", "ur_funny", "mustard")):
            preset = {"ur_funny": "ur-funny"}.get(name, name)
            affect_file(load_preset(preset).experiment("infmasking", 0).data.location(home), steps=8 + number)
        mimic_file(MimicSettings().location(home))
        episodes(VisionTouchSettings().location(home), count=8, steps=10, side=33)
        mm_imdb_folder(MmImdbSettings().location(home))
        tiny_models(home)
        draw = np.random.default_rng(0)
        mood = draw.integers(0, 2, 200)
        voice, gestures = (draw.normal(size=(200, width)) + mood[:, None] for width in (6, 4))
        np.savez(home / "own.npz", voice=voice, gestures=gestures, mood=mood)
        opened.supervisor(trainer="real", idle=600.0)
        yield opened


class Command:
    """The command line in a house: in a process of its own, or in this one, where torch need not be loaded
    anew."""

    def __init__(
        self, house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.environment, self._patch, self._capsys = house.environment(), monkeypatch, capsys

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command that goes on; its output is piped."""
        program = [sys.executable, "-m", "app.cli", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            program, env=self.environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
        )

    def __call__(self, *words: str) -> str:
        """What a command prints; it must succeed."""
        process = self.start(*words)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        return out

    def here(self, *words: str) -> str:
        """What a command prints in this process; it must succeed."""
        for name, value in self.environment.items():
            self._patch.setenv(name, value)
        self._patch.setattr(sys, "argv", ["infmasking", *words])
        with pytest.raises(SystemExit) as left:
            main()
        assert not left.value.code
        return self._capsys.readouterr().out


@pytest.fixture
def infmasking(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(house, monkeypatch, capsys)


ALL = [pytest.param(name, marks=() if name == "mosi" else pytest.mark.presets) for name in preset_names()]
"""One of them in `make test`, all in `make test-presets`: each starts several processes that load torch."""


@pytest.mark.slow
@pytest.mark.parametrize("preset", ALL)
def test_a_preset_from_the_command_line(
    house: House, infmasking: Command, tmp_path: Path, preset: str
) -> None:
    file = tmp_path / "changes.json"
    file.write_text(json.dumps(changes_for(preset, house.home)))
    chosen = (
        "--preset",
        preset,
        "--method",
        "infmasking",
        "--seed",
        "0",
        "--config",
        str(file),
        "--set",
        "training.epochs=2",
    )
    number = stopped_by_ctrl_c(house, infmasking.start("train", *chosen))
    assert find_artifact(house.db, number, "state") is not None
    assert "finished: " in infmasking("train", "--run", str(number))
    run = house.run(number)
    assert (run.status, run.error, run.epoch, run.epochs) == ("finished", None, 2, 2)
    assert run.step == run.steps > 0
    found = results(house.db, [number])
    assert found["task"] and all(np.isfinite(found["value"]))
    infmasking.here("probe", str(number))
    again = results(house.db, [number])
    assert (again["metric"], again["value"]) == (found["metric"], found["value"])
    exported = tmp_path / "out.safetensors"
    told = infmasking.here("export", str(number), "--output", str(exported))
    assert hashlib.sha256(exported.read_bytes()).hexdigest() in told
    assert all(np.isfinite(values).all() for values in load_file(exported).values())


def changes_for(preset: str, home: Path) -> dict[str, object]:
    """Settings that make a preset small enough for a second, and name the file that only its user knows."""
    heads = {"objective.projection.hidden": 16, "objective.projection.width": 8}
    own = {"data.path": str(home / "own.npz")} if preset == "paired-file" else {}
    return (
        SHORT
        | NARROW
        | heads
        | CHANGES.get(preset, {})
        | own
        | {"decomposition.enabled": preset in DECOMPOSED}
    )


def stopped_by_ctrl_c(house: House, process: subprocess.Popen[str]) -> int:
    """Ctrl-C while the run loads its data, so that it stops at its first step; returns the run's number."""
    assert process.stdout is not None and process.stderr is not None
    number = int(process.stdout.readline().removeprefix("run ").partition(":")[0])
    house.until(lambda: house.state(number) in ("starting", "running"))
    assert process.stderr.readline().startswith(f"run {number} ")  # it follows the run now
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, house.state(number)) == (130, "stopped"), err + house.log()
    assert "stopping after a checkpoint" in out
    return number
