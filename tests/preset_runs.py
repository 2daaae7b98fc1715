"""A preset from end to end on small data: trained, stopped and resumed, probed."""

import torch
from safetensors.torch import load_file
from tiny_runs import StopsAt, lines

from engine.dataset import load_dataset
from engine.experiment import probe_checkpoint, run_experiment
from engine.presets.preset import load_preset
from engine.recorders.folder import FolderRecorder

SHORT = {
    "training.epochs": 2,
    "training.batch_size": 16,
    "training.threads": 1,
    "training.device": "cpu",
    "training.log_every": 2,
    "probe.refine": False,
    "decomposition.enabled": False,
}
SMALL_HEAD = {"objective.projection.hidden": 16, "objective.projection.width": 8}


def settings_of(preset, method="infmasking", changes=None):
    heads = SMALL_HEAD if method in ("infmasking", "comm") else {}
    return load_preset(preset).experiment(method, 0, SHORT | heads | (changes or {}))


def run_and_resume(settings, home, stop=3):
    """The results of a run that was stopped and resumed; it, and its checkpoint alone, must give those of one
    that was not."""
    modalities = load_dataset(settings.data, home).modalities
    assert settings.data.modality_kinds == {modality.name: modality.kind for modality in modalities}
    assert run_experiment(settings, FolderRecorder(home / "whole"), home) == "finished"
    assert run_experiment(settings, StopsAt(home / "broken", stop), home) == "stopped"
    assert run_experiment(settings, FolderRecorder(home / "broken"), home) == "finished"
    whole, broken = (load_file(home / name / "last.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)
    probe_checkpoint(home / "whole" / "last.safetensors", FolderRecorder(home / "again"), home)
    results = [lines(home / name, "results.jsonl") for name in ("whole", "broken", "again")]
    assert results[0] == results[1] == results[2]
    return results[0]
