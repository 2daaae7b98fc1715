"""SimCLR (Chen et al., ICML 2020): aligns two augmented views of one modality; what the others hold is never
seen."""

from collections.abc import Sequence

from engine.dataset import Modality, Task
from engine.gathering import gather_batch
from engine.losses.contrastive import info_nce
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.separate import SeparateObjective, chosen_modality, self_head
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import SimclrSettings


class Simclr(SeparateObjective):
    """Loss: InfoNCE(g(z¹), g(z²)) of two augmented views, z the modality's representation and g a head
    (Linear, ReLU, Linear)."""

    augmented_views = 2

    def __init__(self, settings: ExperimentSettings, modality: Modality, method: SimclrSettings):
        super().__init__(settings, [modality], method.width)
        self.method, self.modality = method, modality.name
        self.head = self_head(method)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        first, second = gather_batch(self.head(self.project_views(self.modality, views))).unbind()
        loss, accuracy = info_nce(first, second, self.method.temperature)
        return StepOutput(loss, {f"self_{self.modality}": loss.detach(), "accuracy": accuracy})


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Simclr:
    """The objective; raises `SettingsError` when it names a modality that the data set does not have."""
    assert isinstance(settings.objective, SimclrSettings)
    return Simclr(
        settings, chosen_modality(settings, modalities, settings.objective.modality), settings.objective
    )
