"""SynIB (Kontras et al., 2026): supervised, and unsure of the label where a modality is destroyed."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.dataset import Modality, Task
from engine.encoder import Tokens
from engine.gathering import mean_over_processes
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import FusionObjective
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.settings.objective import SynibSettings


class Synib(FusionObjective):
    """Loss: mean over tasks of cross-entropy + λ · mean over modalities m of KL(q(·| m destroyed) ‖ uniform)
    (docs/method.md#losses).

    Classes have a softmax over their logits; each label of several has two logits, label or not.
    """

    augmented_views = 1
    trains_single_views = False

    def __init__(
        self,
        settings: ExperimentSettings,
        modalities: Sequence[Modality],
        tasks: Sequence[Task],
        method: SynibSettings,
    ):
        super().__init__(settings, modalities)
        self.method, self.tasks = method, tuple(tasks)
        self.label_names = tuple(task.name for task in tasks)
        width = settings.fusion.width
        self.heads = nn.ModuleList(nn.Linear(width, _logits(task)) for task in tasks)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """Mean of the tasks' losses, from labels by task name; reads one view."""
        tokens = {name: self.encode(name, views[0][name]) for name in self.encoders}
        shown: dict[str, Tensor] = {}
        fused, losses, hits = self.fuse(tokens), [], []
        blurred = [self.fuse(tokens | {name: changed}) for name, changed in self._destroyed(tokens, progress)]
        for task, head in zip(self.tasks, self.heads, strict=True):
            logits, target = _by_choice(task, head(fused)), labels[task.name].long()
            fit = mean_over_processes(F.cross_entropy(logits.flatten(0, -2), target.flatten()))
            doubted = torch.stack([confidence(_by_choice(task, head(other))) for other in blurred])
            sure = mean_over_processes(doubted.mean())
            losses.append(fit + self.method.confidence_weight * sure)
            shown |= {f"label_{task.name}": fit.detach(), f"confidence_{task.name}": sure.detach()}
            if task.kind == "classification":
                hits.append(
                    mean_over_processes((logits.detach().argmax(-1) == target).to(logits.dtype).mean())
                )
        if hits:
            shown["accuracy"] = torch.stack(hits).mean()
        return StepOutput(torch.stack(losses).mean(), shown)

    def _destroyed(self, tokens: dict[str, Tokens], progress: Progress) -> list[tuple[str, Tokens]]:
        """Each modality in turn with tokens of other samples; as it is where nothing is destroyed."""
        if self.method.destroy == "none":
            return list(tokens.items())
        device = next(iter(tokens.values())).values.device
        generator = progress.generator("destroyed tokens", device)
        return [(name, exchanged(part, self.method.share, generator)) for name, part in tokens.items()]


def exchanged(tokens: Tokens, share: float, generator: torch.Generator) -> Tokens:
    """Tokens (b, n, d) of which each is, with probability `share`, the one in its place of another sample of
    the batch; of a modality with one token, each coordinate. A place that the other sample does not have
    stays."""
    values, padding = tokens.values, tokens.is_padding
    samples, places, width = values.shape
    turn = torch.randint(1, max(samples, 2), (1,), generator=generator, device=values.device)
    others = (torch.arange(samples, device=values.device) + turn) % samples  # nobody is exchanged with itself
    shape = (samples, places, 1) if places > 1 else (samples, 1, width)
    taken = torch.rand(shape, generator=generator, device=values.device) < share
    if padding is not None:
        taken = taken & ~padding[others].unsqueeze(-1) & ~padding.unsqueeze(-1)
    return tokens._replace(values=torch.where(taken, values[others], values))


def confidence(logits: Tensor) -> Tensor:
    """KL(q ‖ uniform) = log C − H(q) in nats, the mean over all distributions of logits (…, C)."""
    log_q = F.log_softmax(logits, -1)
    return math.log(logits.shape[-1]) + (log_q.exp() * log_q).sum(-1).mean()


def _logits(task: Task) -> int:
    return task.classes if task.kind == "classification" else 2 * task.classes


def _by_choice(task: Task, outputs: Tensor) -> Tensor:
    """Logits (b, C) of classes, or (b, labels, 2); in float32 at least."""
    outputs = outputs if outputs.dtype == torch.float64 else outputs.float()
    return outputs if task.kind == "classification" else outputs.reshape(len(outputs), task.classes, 2)


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Synib:
    """The objective; raises `SettingsError` for a task that the data set does not have, or one of values."""
    method = settings.objective
    assert isinstance(method, SynibSettings)
    chosen = [task for task in tasks if method.task in (None, task.name) and task.kind != "regression"]
    if not chosen:
        there = (
            ", ".join(task.name for task in tasks if task.kind != "regression")
            or "none with classes or labels"
        )
        raise SettingsError(f"synib has no task '{method.task or ''}' to train on; choose from {there}")
    if len(modalities) < 2:
        raise SettingsError("synib needs at least two modalities: it destroys one and keeps the other")
    return Synib(settings, modalities, chosen, method)
