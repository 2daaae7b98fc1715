"""FactorCL (Liang et al., NeurIPS 2023, arXiv 2306.05268): what two modalities share and what each has alone,
kept apart."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.dataset import Modality, Task
from engine.gathering import gather_batch
from engine.losses.bounds import Critic, lower_bound, upper_bound
from engine.losses.contrastive import retrieved
from engine.objective import NO_LABELS, Labels, Phase, Progress, StepOutput, View
from engine.objectives.bases.separate import SeparateObjective, check_two
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import FactorclSettings


class Factorcl(SeparateObjective):
    """FactorCL-SSL: a modality's representation is two factors side by side, s (shared) and u (unique),
    linear in its mean token.

    With x' another augmentation of x, in the place of the label, the encoders' loss is

        − I↓(s_1; s_2) + I↑(s_1; s_2 | s_1', s_2')                                  shared, and of use
        − I↓(u_1; u_1') − I↓(u_2; u_2') + I↑(u_1; u_2) − I↓(u_1; u_2 | u_1', u_2')  of use, and not shared

    I↓ the InfoNCE lower bound, I↑ the NCE-CLUB upper bound (engine/losses/bounds.py), each with a critic of
    its own. A condition goes into the critic beside what it conditions: f([s_1, s_1'], [s_2, s_2']). A step
    first trains the critics of the upper bounds (by InfoNCE, the encoders standing still), then the encoders
    with the critics of the lower bounds.

    Departs from the public code in two places. It has one head a bound; here, as in the paper's text, both
    bounds of a factor judge the same factor. And critics see factors of root mean square 1: an upper bound
    cannot be lowered by shrinking them.
    """

    augmented_views = 2

    def __init__(
        self, settings: ExperimentSettings, modalities: Sequence[Modality], method: FactorclSettings
    ):
        check_two(settings, modalities, "factorises")
        super().__init__(settings, modalities, 2 * method.width)
        width, hidden = method.width, method.critic_hidden
        self.lower_critics = nn.ModuleDict(
            {
                "shared": Critic(width, width, hidden),
                "unique1": Critic(width, width, hidden),
                "unique2": Critic(width, width, hidden),
                "unique_given": Critic(2 * width, 2 * width, hidden),
            }
        )
        self.upper_critics = nn.ModuleDict(
            {"shared_given": Critic(2 * width, 2 * width, hidden), "unique": Critic(width, width, hidden)}
        )
        self.phases = (
            Phase("critics", ("upper_critics",), method.critic_steps),
            Phase("encoders", ("encoders", "projections", "lower_critics")),
        )

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """Lower bounds raised and upper bounds lowered by encoders; the phase "critics" fits the upper
        critics instead."""
        (shared1, unique1), (shared2, unique2) = (self._factors(name, views) for name in self.encoders)
        above = {
            "shared_given": self.upper_critics["shared_given"](_both(shared1), _both(shared2)),
            "unique": self.upper_critics["unique"](unique1[0], unique2[0]),
        }
        if progress.phase == "critics":
            loss = -torch.stack([lower_bound(scores) for scores in above.values()]).sum()
            return StepOutput(loss, {"critics": loss.detach()})
        below = {
            "shared": self.lower_critics["shared"](shared1[0], shared2[0]),
            "unique1": self.lower_critics["unique1"](unique1[0], unique1[1]),
            "unique2": self.lower_critics["unique2"](unique2[0], unique2[1]),
            "unique_given": self.lower_critics["unique_given"](_both(unique1), _both(unique2)),
        }
        terms = {f"lower_{name}": lower_bound(scores) for name, scores in below.items()}
        terms |= {f"upper_{name}": upper_bound(scores) for name, scores in above.items()}
        loss = torch.stack(
            [-term if name.startswith("lower") else term for name, term in terms.items()]
        ).sum()
        shown = {name: term.detach() for name, term in terms.items()}
        return StepOutput(loss, shown | {"accuracy": retrieved(below["shared"])})

    def _factors(self, name: str, views: Sequence[View]) -> tuple[Tensor, Tensor]:
        """Shared and unique factors (views, N, width) of one modality, over the global batch, of root mean
        square 1."""
        factors = gather_batch(self.project_views(name, views))
        exact = factors if factors.dtype == torch.float64 else factors.float()
        shared, unique = (x * (x.square().mean(-1, keepdim=True) + 1e-8).rsqrt() for x in exact.chunk(2, -1))
        return shared, unique


def _both(factor: Tensor) -> Tensor:
    """A factor beside the condition, its other view: (2, N, width) → (N, 2 · width)."""
    return torch.cat(factor.unbind(), -1)


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Factorcl:
    """The objective; raises `SettingsError` unless there are two modalities."""
    assert isinstance(settings.objective, FactorclSettings)
    return Factorcl(settings, modalities, settings.objective)
