"""MAE (He et al., CVPR 2022; of several modalities: Bachmann et al., MultiMAE, ECCV 2022): reconstructs what
it does not see."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.dataset import Modality, Task
from engine.gathering import mean_over_processes
from engine.nets.masking import draw_visible, join
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import FusionObjective
from engine.objectives.bases.reconstruction import Decoder, Target, layout_of
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import MaeSettings


class Mae(FusionObjective):
    """Loss: mean over the modalities of the mean squared error of what the decoder makes of the visible
    tokens.

    Of each sample a share 1 − ρ of all modalities' tokens, drawn anew every step, goes through the fusion;
    the others are left out, not replaced. What the targets are and where they count:
    engine/objectives/bases/reconstruction.py. No term is contrastive.
    """

    trains_single_views = False
    augmented_views = 1

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: MaeSettings):
        super().__init__(settings, modalities)
        self.method = method
        self.layouts = {m.name: layout_of(m, self.encoders[m.name], method.patch) for m in modalities}  # type: ignore[arg-type]
        self.decoder = Decoder(
            self.layouts, settings.fusion.width, method.decoder_width, method.decoder_heads
        )

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """Mean over modalities of the squared error at hidden tokens (vectors: everywhere); reads one
        view."""
        (view,) = views
        joined = join([self.encode(name, view[name]) for name in self.encoders])
        visible = draw_visible(
            joined, self.method.mask_ratio, progress.generator("masks", joined.values.device)
        )
        rebuilt = self.decoder(*self.fusion.tokens(joined.values, visible))
        hidden = torch.split(joined.is_valid & ~visible, list(joined.sizes), 1)
        losses = {}
        for (name, layout), is_hidden in zip(self.layouts.items(), hidden, strict=True):
            target = layout.target(view[name])
            counts = target.is_value & is_hidden[..., None] if layout.grid else target.is_value
            losses[f"rebuild_{name}"] = squared_error(rebuilt[name], Target(target.values, counts))
        return StepOutput(
            torch.stack(list(losses.values())).mean(), {name: loss.detach() for name, loss in losses.items()}
        )


def squared_error(rebuilt: Tensor, target: Target) -> Tensor:
    """Mean squared error over the values that count, of all processes' samples together; 0 where none
    does."""
    exact = rebuilt if rebuilt.dtype == torch.float64 else rebuilt.float()
    errors = torch.where(target.is_value, exact - target.values, 0.0).square()
    return mean_over_processes(errors.sum()) / mean_over_processes(
        target.is_value.sum().to(exact.dtype)
    ).clamp(min=1)


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Mae:
    """The objective, for two modalities or more."""
    assert isinstance(settings.objective, MaeSettings)
    return Mae(settings, modalities, settings.objective)
