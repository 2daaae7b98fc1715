"""Every preset from the command line, on generated files of its published format: started, stopped, resumed, probed, exported."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from house import House, open_house
from preset_runs import SHORT
from published_samples import affect_file, episodes, mimic_file, mm_imdb_folder, tiny_models

from engine.settings.preset import load_preset, preset_names
from engine.settings.published_dataset import MimicSettings, MmImdbSettings, VisionTouchSettings
from storage.artifacts import find_artifact
from storage.queries import results
from storage.runs import request_stop

NARROW = {"fusion.width": 20, "fusion.heads": 2}
TRANSFORMER = {"name": "sequence_transformer", "layers": 1, "feed_forward": 16}
CHANGES: dict[str, dict[str, object]] = {
    "bits-quick": {"data.samples": 200, "data.probe_samples": 200, "data.test_samples": 200},
    "mimic": {"encoders.tabular": {"name": "tabular", "width": 20}, "encoders.time_series": {"name": "gru", "width": 20}},
    "mm-imdb": {"data.image_size": 32, "data.text_tokens": 16, "training.warmup_epochs": 1},
    "paired-file": {"data.modalities": ["voice", "gestures"], "data.label": "mood", "training.patience": 0},
    **{
        name: {f"encoders.{modality}": TRANSFORMER for modality in ("vision", "text")} for name in ("mosi", "ur-funny", "mustard")
    },
    "ur-funny-trimodal": {f"encoders.{modality}": TRANSFORMER for modality in ("vision", "text", "audio")},
    **{
        name: {"data.image_size": 64, "data.pairs": 64, "data.probe_pairs": 100, "data.test_pairs": 100, "training.patience": 0}
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


def infmasking(house: House, *arguments: str) -> str:
    command = [sys.executable, "-m", "app.cli", *arguments]
    done = subprocess.run(command, env=house.environment(), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


ALL = [pytest.param(name, marks=() if name == "mosi" else pytest.mark.presets) for name in preset_names()]
"""One of them in `make test`, all in `make test-presets`: each starts some six processes that load torch."""


@pytest.mark.slow
@pytest.mark.parametrize("preset", ALL)
def test_a_preset_from_the_command_line(house: House, tmp_path: Path, preset: str) -> None:
    changes = SHORT | NARROW | {"objective.projection.hidden": 16, "objective.projection.width": 8} | CHANGES.get(preset, {})
    if preset == "paired-file":
        changes["data.path"] = str(house.home / "own.npz")
    file = tmp_path / "changes.json"
    file.write_text(json.dumps(changes))
    printed = infmasking(
        house, "train", "--preset", preset, "--method", "infmasking", "--seed", "0", "--config", str(file), "--detach"
    )
    number = int(printed.removeprefix("run ").partition(":")[0])
    house.until(lambda: house.state(number) in ("starting", "running"), 60)
    request_stop(house.db, number)  # while it loads its data, so that it stops at its first step
    stopped = house.wait(number, "stopped", "failed", "finished", seconds=120)
    assert stopped.status == "stopped", stopped.error
    assert find_artifact(house.db, number, "state") is not None
    infmasking(house, "train", "--run", str(number))
    run = house.run(number)
    assert (run.status, run.error, run.epoch, run.epochs) == ("finished", None, 2, 2)
    assert run.step == run.steps > 0
    found = results(house.db, [number])
    assert found["task"] and all(np.isfinite(found["value"]))
    if preset in ("mosi", "vision-touch-position", "mm-imdb"):
        infmasking(house, "probe", str(number))
        again = results(house.db, [number])
        assert (again["metric"], again["value"]) == (found["metric"], found["value"])
    exported = tmp_path / "out.safetensors"
    assert "sha256" in infmasking(house, "export", str(number), "--output", str(exported))
    assert exported.stat().st_size > 0
