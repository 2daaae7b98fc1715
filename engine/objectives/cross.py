"""Cross, the CLIP loss (Radford et al., 2021): aligns one modality with the other; what only one of them
holds is lost."""

from collections.abc import Sequence

from engine.dataset import Modality, Task
from engine.gathering import gather_batch
from engine.losses.contrastive import clip_loss
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.separate import SeparateObjective, bounded_scale, check_two, log_scale
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CrossSettings


class Cross(SeparateObjective):
    """Loss: symmetric cross-entropy of cosine similarities × a learned scale, on one augmented view of each
    modality.

    The scale never exceeds 100, as in CLIP.
    """

    augmented_views = 1

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: CrossSettings):
        check_two(settings, modalities)
        super().__init__(settings, modalities, method.width)
        self.log_scale = log_scale(method.initial_temperature)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        first, second = (gather_batch(self.project(name, views[0][name])) for name in self.encoders)
        scale = bounded_scale(self.log_scale)
        loss, accuracy = clip_loss(first, second, scale)
        return StepOutput(loss, {"contrast": loss.detach(), "accuracy": accuracy, "scale": scale.detach()})


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Cross:
    """The objective; raises `SettingsError` unless there are two modalities."""
    assert isinstance(settings.objective, CrossSettings)
    return Cross(settings, modalities, settings.objective)
