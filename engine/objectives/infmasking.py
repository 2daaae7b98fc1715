"""InfMasking (Wen, Dai et al., NeurIPS 2025): CoMM plus alignment of the fusion with randomly masked versions
of itself."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.dataset import Modality, Task
from engine.losses.contrastive import Contrast, comm_terms, similarities, unit, weighted_mean
from engine.losses.uniformity import uniformity
from engine.nets.masking import draw_kept
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import ContrastiveFusionObjective, check_term_weights
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import InfmaskingSettings


def ramp(weight: float, epoch: int, epochs: int) -> float:
    """λ_e = λ·(epoch + 1)/epochs: rises linearly to λ in the last epoch."""
    return weight * (epoch + 1) / epochs


def masked_contrast(query: Tensor, masked: Tensor, temperature: float, variance_weight: float) -> Tensor:
    """InfMasking's term: a fused embedding against its T masked versions, in closed form over infinitely many
    of them.

    query (N, E); masked (T, N, E); variance_weight λ_e. With s_it = q_i·k_it, μ_i and σ²_i its mean and
    (biased) variance over t, the loss is the mean over i of log(exp((μ_i + λ_e σ²_i/2τ)/τ) + Σ
    exp(negatives/τ)) − μ_i/τ, negatives being q_i·k_tj and q_i·q_j for all t and j ≠ i. It equals the paper's
    cross-entropy plus its quadratic term: the variance of the projections is the projected covariance, and
    the quadratic added cancels the one in the positive's numerator.
    """
    query, masked = unit(query), unit(masked)
    positives = (query * masked).sum(-1) / temperature  # (T, N)
    mean, variance = positives.mean(0), positives.var(0, correction=0)
    itself = torch.eye(len(query), dtype=torch.bool, device=query.device)
    scaled = query / temperature
    # one (N, T·N) product; filled in place because at large N this matrix is the whole memory of the loss
    to_masked = similarities(scaled, masked.flatten(0, 1)).view(len(query), *masked.shape[:2])
    to_masked.masked_fill_(itself[:, None], -torch.inf)
    to_others = similarities(scaled, query).masked_fill_(itself, -torch.inf)
    negatives = torch.logaddexp(to_masked.flatten(1).logsumexp(1), to_others.logsumexp(1))
    return (torch.logaddexp(mean + variance_weight / 2 * variance, negatives) - mean).mean()


def infmasking_terms(
    first: Sequence[Tensor],
    second: Sequence[Tensor],
    masked_first: Tensor,
    masked_second: Tensor,
    temperature: float,
    variance_weight: float,
    cross_views: bool = False,
    prototype: int = -1,
) -> tuple[list[Tensor], list[Contrast]]:
    """InfMasking's masked terms of view 1 and view 2, and CoMM's terms (Wen, Dai et al., NeurIPS 2025).

    masked_first, masked_second (T, N, E): masked versions of each view's fusion; `cross_views` aligns a view
    with the other's.
    """
    aligned, other = (masked_second, masked_first) if cross_views else (masked_first, masked_second)
    masked = [
        masked_contrast(first[prototype], aligned, temperature, variance_weight),
        masked_contrast(second[prototype], other, temperature, variance_weight),
    ]
    return masked, comm_terms(first, second, temperature, prototype)


class Infmasking(ContrastiveFusionObjective):
    """Loss: mean of weight × term over the two masked terms, the modalities and the fusion
    (docs/method.md#losses).

    Only the fusion of all modalities is masked; masks are drawn anew for every sample, view and step.
    """

    def __init__(
        self, settings: ExperimentSettings, modalities: Sequence[Modality], method: InfmaskingSettings
    ):
        super().__init__(settings, modalities, method.projection, masks=True)
        self.method = method
        self.term_names = [
            "mask_view1",
            "mask_view2",
            *(f"align_{name}" for name in [*self.encoders, "fusion"]),
        ]
        check_term_weights(method.term_weights, self.term_names)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """Masked terms of both views, then the CoMM terms of each modality and the fusion; their weighted
        mean."""
        method = self.method
        device = self.fusion.norm.weight.device
        generator = progress.generator("masks", device)
        plain, masked = self.embed(
            views, lambda tokens: draw_kept(tokens, method.mask_ratio, method.masks, generator)
        )
        mask_terms, align_terms = infmasking_terms(
            plain[0].unbind(),
            plain[1].unbind(),
            *masked,
            method.temperature,
            ramp(method.variance_weight, progress.epoch, progress.epochs),
            method.cross_views,
        )
        losses = [*mask_terms, *(term.loss for term in align_terms)]
        loss = weighted_mean(losses, method.term_weights)
        shown = dict(zip(self.term_names, (term.detach() for term in losses), strict=True))
        shown["accuracy"] = torch.stack([term.accuracy for term in align_terms]).mean()
        if method.uniformity_weight:
            entropy = uniformity([*plain[0].unbind(), *plain[1].unbind()])
            loss = loss - method.uniformity_weight * entropy
            shown["uniformity"] = entropy.detach()
        return StepOutput(loss, shown)


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Infmasking:
    """The objective; raises `SettingsError` for a wrong number of term weights."""
    assert isinstance(settings.objective, InfmaskingSettings)
    return Infmasking(settings, modalities, settings.objective)
