"""The updates of a training step: forward, backward, clipping and AdamW, once for each phase of the
objective.

A phase's parameters learn while the others stand still: they get no gradient, which AdamW takes as no update
at all, moments and weight decay included. So one optimizer serves all phases, and a saved state holds
everything that a resume needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn

from engine.dataset import Samples
from engine.objective import Labels, Objective, Phase, Progress, StepOutput, View
from engine.settings.training import TrainingSettings
from engine.training.compiling import Compiled
from engine.training.optimizer import build_optimizer, gradient_norm


class Updated(NamedTuple):
    """Of one step: the main phase's loss, all phases' terms (detached scalars), and the norm of the main
    phase's gradients."""

    loss: Tensor
    terms: dict[str, Tensor]
    gradient_norm: Tensor | float | None


class Updates:
    """Makes a training step's updates; `model` is the objective as the accelerator wraps it. tell: takes a
    line of text."""

    def __init__(
        self,
        objective: Objective,
        settings: TrainingSettings,
        accelerator: Accelerator,
        tell: Callable[[str], None] = print,
    ) -> None:
        self.settings, self.accelerator = settings, accelerator
        self.learnable = {name: p for name, p in objective.named_parameters() if p.requires_grad}
        self.order: list[Phase | None] = [
            phase for phase in objective.phases for _ in range(phase.repeats)
        ] or [None]
        if objective.phases:  # a distributed wrapper must not wait for what stands still
            accelerator.ddp_handler = DistributedDataParallelKwargs(find_unused_parameters=True)
        self.compiled = Compiled(objective, tell) if settings.compile else None
        self.model: nn.Module
        self.model, self.optimizer = accelerator.prepare(objective, build_optimizer(objective, settings))

    def step(
        self, views: Sequence[View], progress: Progress, labels: Labels, rate: float, wants_norm: bool
    ) -> Updated:
        """All updates on one batch at this learning rate; the gradient norm is taken where it is clipped or
        asked for."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        terms: dict[str, Tensor] = {}
        for phase in self.order:
            if phase is not None:
                set_learning(self.learnable, phase)
                progress = replace(progress, phase=phase.name)
            output = (
                self._backward(views, progress, labels)
                if self.compiled is None
                else self._compiled(views, progress, labels)
            )
            terms |= output.terms
            norm = self._norm(wants_norm and phase is self.order[-1])
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return Updated(output.loss.detach(), terms, norm)

    def _compiled(self, views: Sequence[View], progress: Progress, labels: Labels) -> StepOutput:
        assert self.compiled is not None
        return self.compiled.run(lambda: self._backward(views, progress, labels))

    def _backward(self, views: Sequence[View], progress: Progress, labels: Labels) -> StepOutput:
        """Gradients of the batch's loss; where it is computed in parts, of their mean, and the output is the
        parts' mean too."""
        parts = self.settings.accumulation
        if parts == 1:
            output: StepOutput = self.model(views, progress, labels)
            self.accelerator.backward(output.loss)
            return output
        outputs = []
        for part in range(parts):
            share = [{name: _part(samples, part, parts) for name, samples in view.items()} for view in views]
            part_labels = {name: values.chunk(parts)[part] for name, values in labels.items()}
            output = self.model(share, replace(progress, part=part), part_labels)
            self.accelerator.backward(output.loss / parts)
            outputs.append(output)
        means = {
            name: torch.stack([output.terms[name] for output in outputs]).mean() for name in outputs[0].terms
        }
        return StepOutput(torch.stack([output.loss.detach() for output in outputs]).mean(), means)

    def _norm(self, wanted: bool) -> Tensor | float | None:
        if self.settings.clip_norm:
            norm: Tensor = self.accelerator.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
            return norm
        return gradient_norm(self.model, self.optimizer, self.accelerator) if wanted else None


def set_learning(learnable: dict[str, nn.Parameter], phase: Phase) -> None:
    """Let exactly the parameters of a phase get gradients, of those (by name) that learn at all."""
    for name, parameter in learnable.items():
        parameter.requires_grad_(phase.trains(name))


def _part(samples: Samples, part: int, parts: int) -> Samples:
    padding = samples.is_padding
    return Samples(samples.values.chunk(parts)[part], None if padding is None else padding.chunk(parts)[part])
