"""UR-FUNNY: humor in TED talks (Hasan et al., 2019)."""

from pathlib import Path

from engine.dataset import MultimodalDataset
from engine.datasets.multibench.affect import load_affect
from engine.settings.published_dataset import UrFunnySettings


def load(settings: UrFunnySettings, home: Path) -> MultimodalDataset:
    """The data set in MultiBench's pickle; raises `DatasetError` for a file that is missing or not of its
    format."""
    return load_affect(settings, home, "humor", ("not funny", "funny"))
