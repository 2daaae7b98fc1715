"""What an objective is: a trained method that owns its encoders and heads. Implementations live in
`engine/objectives/`.

`forward` is the whole training step, so that distributed wrappers see every parameter. An objective states
the views it wants and never draws data; epoch progress is an argument, never state set from outside.
"""

import importlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.dataset import Modality, MultimodalDataset, Samples, Task
from engine.encoder import Encoder, Tokens, build_encoder
from engine.files.memory import bounded_memory, free_room
from engine.randomness import derive_seed, torch_generator
from engine.settings.experiment import ExperimentSettings, SettingsError

View = Mapping[str, Samples]
"""One version of a batch: modality name → samples."""

Labels = Mapping[str, Tensor]
"""Labels of a batch: task name → classes (b,), 0/1 columns (b, k) or values."""

NO_LABELS: Labels = MappingProxyType({})


@dataclass(frozen=True)
class Progress:
    """Where a training step stands. `step` counts from the start of the run; `rank` is the process.

    phase: the update within the step; part: which part of the batch, where it is computed in several.
    """

    epoch: int
    epochs: int
    step: int
    seed: int
    rank: int = 0
    phase: str = ""
    part: int = 0

    def generator(self, purpose: str, device: torch.device | str) -> torch.Generator:
        """The generator for one kind of choice in this step."""
        part = (self.part,) if self.part else ()
        return torch_generator(self.seed, purpose, self.epoch, self.step, self.rank, *part, device=device)


class StepOutput(NamedTuple):
    """The loss to minimise and its named parts (detached scalars), for the curves."""

    loss: Tensor
    terms: dict[str, Tensor]


@dataclass(frozen=True)
class Phase:
    """One kind of update within a training step: what learns in it while all else stands still, and how often
    it is done.

    parts: names of the objective's submodules or parameters that learn.
    """

    name: str
    parts: tuple[str, ...]
    repeats: int = 1

    def trains(self, parameter: str) -> bool:
        """Whether the parameter of that (dotted) name learns in this phase."""
        return any(parameter == part or parameter.startswith(f"{part}.") for part in self.parts)


class Objective(nn.Module):
    """Base of objectives.

    augmented_views: how many independently augmented views of a batch `forward` expects (0: one plain view).
    trains_single_views: whether the loss sees single modalities, so that leaving the others out is nothing
    new to the method. label_names: tasks whose labels `forward` is given; none for self-supervised methods.
    phases: the updates of one step, in order, on the same views; none means one update of all parameters. The
    last is the main one: its loss is the run's, and `forward` returns it too where `progress.phase` is empty,
    as in validation.
    """

    augmented_views: int = 2
    trains_single_views: bool = True
    label_names: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    encoders: nn.ModuleDict

    @abstractmethod
    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """One update's loss over the local batch, gathered over processes with gradient; labels (b, …) by
        name of the task."""

    @abstractmethod
    def encode(self, name: str, samples: Samples) -> Tokens:
        """What `fuse` needs of one modality: its tokens (b, n, d), or one token of features."""

    @abstractmethod
    def fuse(self, tokens: Mapping[str, Tokens]) -> Tensor:
        """The representation (b, width) of the modalities given; leaving some out gives the others' own
        view."""

    def represent(self, view: View, subset: Sequence[str] | None = None) -> Tensor:
        """What probes see: (b, width), of all modalities it reads or of a subset. Call in `eval` mode."""
        return self.fuse({name: self.encode(name, view[name]) for name in self.readable(subset)})

    def readable(self, subset: Sequence[str] | None = None) -> list[str]:
        """The modalities of a subset, or all that are read; raises `SettingsError` for one that the method
        does not read."""
        for name in subset or ():
            if name not in self.encoders:
                raise SettingsError(
                    f"there is no representation of '{name}': the method reads only "
                    f"{', '.join(self.encoders)}"
                )
        return list(subset or self.encoders)


def build_objective(
    settings: ExperimentSettings,
    modalities: Sequence[Modality],
    tasks: Sequence[Task] = (),
    room: int | None = None,
) -> Objective:
    """The objective that the settings name, with fresh weights drawn from the global generator.

    tasks: those of the data set, which methods that train with labels need. room: bytes that it may take;
    None: what is free here. Raises `SettingsError` where the method does not allow these modalities or tasks,
    or the model takes more than there is room for, `EncoderError` where an encoder does not fit.
    """
    module = importlib.import_module(f"engine.objectives.{settings.objective.name}")
    room = free_room() if room is None else min(room, free_room())
    try:
        with bounded_memory(room):
            return module.build(settings, modalities, tasks)  # type: ignore[no-any-return]
    except (MemoryError, RuntimeError, TypeError) as error:
        if isinstance(error, MemoryError) or any(words in str(error) for words in _TOO_LARGE):
            raise SettingsError(
                f"a model of these settings takes more than the {room / 1e9:.3g} GB of memory it may take; "
                "choose fewer layers or a smaller width"
            ) from None
        raise


_TOO_LARGE = ("can't allocate memory", "size calculation overflowed", "Overflow when unpacking")
"""How torch says that there is no memory for a tensor, or that no number counts its bytes."""


def build_encoders(settings: ExperimentSettings, modalities: Sequence[Modality]) -> dict[str, Encoder]:
    """One encoder a modality, as the settings say or as the data set recommends; the same for the
    augmentation that an encoder is told of."""
    chosen = [replace(m, augmentation=settings.augmentations.get(m.name, m.augmentation)) for m in modalities]
    return {m.name: build_encoder(settings.encoders.get(m.name, m.encoder), m) for m in chosen}


def fresh_objective(settings: ExperimentSettings, dataset: MultimodalDataset) -> Objective:
    """An untrained objective for this data set, its weights drawn from the run's seed."""
    torch.manual_seed(derive_seed(settings.seed, "weights"))
    return build_objective(settings, dataset.modalities, dataset.tasks)
