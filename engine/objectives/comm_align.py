"""CoMM-Align, HRIL's own ablation (Dai, Wen et al., NeurIPS 2026): modalities aligned with the fusion, and
both views of all modalities with each other."""

from collections.abc import Sequence

from engine.dataset import Modality, Task
from engine.objectives.bases.aligned import AlignedFusionObjective
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CommAlignSettings


def build(
    settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]
) -> AlignedFusionObjective:
    """The objective."""
    assert isinstance(settings.objective, CommAlignSettings)
    return AlignedFusionObjective(settings, modalities, settings.objective)
