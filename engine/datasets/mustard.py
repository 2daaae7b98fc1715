"""MUStARD: sarcasm in TV shows (Castro et al., 2019)."""

from pathlib import Path

from engine.dataset import MultimodalDataset
from engine.datasets.multibench.affect import load_affect
from engine.settings.published_dataset import MustardSettings


def load(settings: MustardSettings, home: Path) -> MultimodalDataset:
    """The data set in MultiBench's pickle; raises `DatasetError` for a file that is missing or not of its
    format."""
    return load_affect(settings, home, "sarcasm", ("sincere", "sarcastic"))
