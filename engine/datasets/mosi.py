"""CMU-MOSI: the sentiment of utterances in opinion videos (Zadeh et al., 2016)."""

from pathlib import Path

from engine.dataset import MultimodalDataset
from engine.datasets.multibench.affect import load_affect
from engine.settings.published_dataset import MosiSettings


def load(settings: MosiSettings, home: Path) -> MultimodalDataset:
    """The data set in MultiBench's pickle; raises `DatasetError` for a file that is missing or not of its
    format."""
    return load_affect(settings, home, "sentiment", ("negative", "positive"))
