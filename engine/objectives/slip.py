"""SLIP (Mu et al., ECCV 2022): CLIP's alignment of two modalities, and SimCLR's of two augmented views of one
of them."""

from collections.abc import Sequence

from engine.dataset import Modality, Task
from engine.gathering import gather_batch
from engine.losses.contrastive import clip_loss, info_nce
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.separate import (
    SeparateObjective,
    bounded_scale,
    check_two,
    chosen_modality,
    log_scale,
    self_head,
)
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import SlipSettings


class Slip(SeparateObjective):
    """Loss: CLIP(z_1, z_2) + self_weight · InfoNCE(g(z¹), g(z²)), z the linear projections and g a head on
    one modality's.

    Departs from the paper in two places, as Cross+Self here does: the pair is taken from the first of two
    augmented views instead of a third one, and g stands on the projection that is probed instead of beside
    it, so that both terms shape it.
    """

    augmented_views = 2

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: SlipSettings):
        check_two(settings, modalities)
        super().__init__(settings, modalities, method.width)
        self.method = method
        self.seen_twice = chosen_modality(settings, modalities, method.modality).name
        self.head = self_head(method)
        self.log_scale = log_scale(method.initial_temperature)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """CLIP loss between the modalities plus the weighted InfoNCE of two views of the image (Mu et al.
        2022)."""
        twice = self.project_views(self.seen_twice, views)
        pair = [
            twice[0] if name == self.seen_twice else self.project(name, views[0][name])
            for name in self.encoders
        ]
        scale = bounded_scale(self.log_scale)
        aligned, reference = (gather_batch(projected) for projected in pair)
        contrast, accuracy = clip_loss(aligned, reference, scale)
        first, second = gather_batch(self.head(twice)).unbind()
        alone = info_nce(first, second, self.method.temperature).loss
        shown = {"contrast": contrast.detach(), f"self_{self.seen_twice}": alone.detach()}
        return StepOutput(
            contrast + self.method.self_weight * alone,
            shown | {"accuracy": accuracy, "scale": scale.detach()},
        )


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Slip:
    """The objective; raises `SettingsError` unless there are two modalities and the one it names is among
    them."""
    assert isinstance(settings.objective, SlipSettings)
    return Slip(settings, modalities, settings.objective)
