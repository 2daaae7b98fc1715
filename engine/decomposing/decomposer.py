"""A run's decomposition: what its representation tells of every task, redundant, unique and synergistic, in
bits (docs/synergy.md).

One pass of features serves all tasks. Of each modality three views are read: the method's single-modality
one, its encoder's own output, and the fused representation in which the other modalities come from another
sample, which holds all that fusion makes of this modality alone. The one that tells more is used: an
under-read modality would pass for synergy. With three modalities, each stands against the rest, and every
pair alone; no decomposition of three sources at once is agreed upon.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.dataset import MultimodalDataset, Task
from engine.decomposing.samples import Pool, pool_samples, raw_features, shuffled_within_labels
from engine.errors import UserError
from engine.information.results import SampleDecomposition
from engine.information.samples import Labels, decompose_tasks
from engine.information.summary import Ceiling
from engine.information.views import Exchanged
from engine.objective import Objective
from engine.probing.representation import Exchange, FeatureExtractor
from engine.recorder import BITS, EncoderState, Recorder
from engine.settings.decomposition import DecompositionSettings
from engine.views import ViewPlan

Features = NDArray[np.floating]
KNOWN_WITHIN = 0.01
"""Bits up to which an integrated figure counts as exact."""
logger = logging.getLogger(__name__)
RAW_LARGEST = 2000
"""Samples that raw inputs are read from: their probe is a stronger, slower one."""


class Sides(NamedTuple):
    """Two groups of modalities that are set against each other."""

    first: tuple[str, ...]
    second: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.first)} | {', '.join(self.second)}"


def sides_of(names: Sequence[str]) -> list[Sides]:
    """Each modality against the rest, then the pairs; of two modalities that is one and the same."""
    if len(names) < 2:
        return []
    if len(names) == 2:
        return [Sides((names[0],), (names[1],))]
    against = [Sides((name,), tuple(other for other in names if other != name)) for name in names]
    return against + [Sides((name,), (other,)) for name, other in combinations(names, 2)]


class Decomposer:
    """Decomposes objectives on one data set; samples, folds and features of raw inputs are chosen once, by
    the seed."""

    def __init__(
        self,
        dataset: MultimodalDataset,
        settings: DecompositionSettings,
        seed: int,
        plan: ViewPlan,
        device: torch.device,
        batch_size: int,
        trained_with_labels: bool,
    ) -> None:
        self.dataset, self.settings, self.seed = dataset, settings, seed
        self.plan, self.device, self.batch_size = plan, device, batch_size
        self.pool = pool_samples(dataset, settings, seed, trained_with_labels)
        self.raw_pool = self.pool
        """Samples whose raw inputs were read, which may be fewer."""
        self.refused: dict[str, str] = {}
        """Tasks that no decomposition can read, and why."""

    def read(self, objective: Objective) -> dict[Sides, dict[str, SampleDecomposition]]:
        """Every task for every pair of sides the objective can read, from one pass of features. Raises
        `InformationError`."""
        was_training = objective.training
        extractor = FeatureExtractor(objective.eval(), self.plan, self.device, self.batch_size)
        try:
            return self._read(extractor, sides_of(objective.readable()))
        finally:
            objective.train(was_training)

    def _read(
        self, extractor: FeatureExtractor, all_sides: Sequence[Sides]
    ) -> dict[Sides, dict[str, SampleDecomposition]]:
        subsets = list(
            dict.fromkeys(names for sides in all_sides for names in (*sides, sides.first + sides.second))
        )
        exchanges = [
            Exchange(sides.first + sides.second, others)
            for sides in all_sides
            for others in (sides.second, sides.first)
        ]
        parts = [extractor.extract_views(split, subsets, exchanges, self.seed) for split in self.pool.parts()]
        seen = {
            names: _joined([part.fused[number] for part in parts]) for number, names in enumerate(subsets)
        }
        encoded = {
            name: _joined([part.encoded[name] for part in parts])
            for name in (parts[0].encoded if parts else ())
        }
        mixed = [_joined([part.exchanged[number] for part in parts]) for number in range(len(exchanges))]
        decompositions = {}
        for place, sides in enumerate(all_sides):
            first, second = (
                _varying([seen[names], np.concatenate([encoded[name] for name in names], 1)])
                for names in (sides.first, sides.second)
            )
            decompositions[sides] = decompose_tasks(
                seen[sides.first + sides.second],
                first,
                second,
                self._labels(self.pool),
                groups=self.pool.groups,
                parts=self.pool.given,
                settings=self.settings,
                seed=self.seed,
                z_shuffled=self._shuffled(extractor, sides),
                refused=self.refused,
                z_exchanged=Exchanged(mixed[2 * place], mixed[2 * place + 1]),
            )
            decompositions[sides] = {
                task: _warned(decomposition, *self.pool.said)
                for task, decomposition in decompositions[sides].items()
            }
            if not extractor.objective.trains_single_views:
                decompositions[sides] = {
                    task: _warned(decomposition, UNTRAINED_VIEWS)
                    for task, decomposition in decompositions[sides].items()
                }
        return decompositions

    def _shuffled(self, extractor: FeatureExtractor, sides: Sides) -> Features | None:
        """Representations of pairs shuffled within the only task's label; None where there are several, or it
        is no class."""
        if len(self.dataset.tasks) > 1 or self.dataset.tasks[0].kind != "classification":
            return None
        mixed = shuffled_within_labels(self.pool, self.dataset.tasks[0].name, sides.second, self.seed)
        return _joined([extractor.extract(split, sides.first + sides.second) for split in mixed.parts()])

    def read_raw(self) -> dict[Sides, dict[str, SampleDecomposition]]:
        """The raw inputs, where all are small enough, by the stronger probe: an estimate of what there is to
        capture."""
        raw = raw_features(self.dataset, self.pool.at_most(RAW_LARGEST, self.seed))
        if raw is None:
            return {}
        pool, features = raw
        self.raw_pool = pool
        settings = self.settings.model_copy(update={"probe": "mlp"})
        decompositions = {}
        for sides in sides_of(list(features)):
            raw1, raw2 = (np.concatenate([features[name] for name in names], 1) for names in sides)
            both = np.concatenate([raw1, raw2], 1)
            decompositions[sides] = decompose_tasks(
                both,
                raw1,
                raw2,
                self._labels(pool, raw=True),
                groups=pool.groups,
                parts=pool.given,
                settings=settings,
                seed=self.seed,
                refused=self.refused,
            )
            decompositions[sides] = {
                task: _warned(decomposition, *pool.said)
                for task, decomposition in decompositions[sides].items()
            }
        return decompositions

    def _labels(self, pool: Pool, raw: bool = False) -> dict[str, Labels]:
        """Labels of the pool; the exact ceiling is that of all modalities together, so known for two."""
        known = len(self.dataset.modalities) == 2 and not raw
        return {
            task.name: Labels(
                pool.labels[task.name],
                task.kind,
                _exact_ceiling(task) if known else None,
                pool.labelled[task.name],
            )
            for task in self.dataset.tasks
        }


UNTRAINED_VIEWS = (
    "the method never trained on single modalities: what they tell alone, and so redundancy and uniqueness, "
    "may be under-read"
)


def _warned(decomposition: SampleDecomposition, *said: str) -> SampleDecomposition:
    return decomposition.model_copy(
        update={"warnings": tuple(dict.fromkeys((*decomposition.warnings, *said)))}
    )


def record(
    decompositions: Mapping[Sides, Mapping[str, SampleDecomposition]],
    encoder: EncoderState,
    epoch: int,
    recorder: Recorder,
    ceilings: Mapping[Sides, Mapping[str, SampleDecomposition]] | None = None,
) -> None:
    """Give every result to the recorder; where raw inputs were read, their synergy is the ceiling that is not
    known exactly."""
    for sides, tasks in decompositions.items():
        for task, decomposition in tasks.items():
            above = (ceilings or {}).get(sides, {}).get(task)
            if decomposition.ceiling is None and above is not None:
                estimate = {"ceiling": max(above.synergy.value, 0.0), "ceiling_kind": "estimate"}
                content = decomposition.model_copy(update=estimate).model_dump(mode="json")
            else:
                content = decomposition.model_dump(mode="json")
            recorder.decomposition(task, str(sides), encoder, epoch, content)


def curve_points(decompositions: Mapping[Sides, Mapping[str, SampleDecomposition]]) -> dict[str, float]:
    """Points of curves over training; of the first sides alone, which with two modalities are all."""
    tasks = next(iter(decompositions.values()), {})
    points: dict[str, float] = {}
    for task, decomposition in tasks.items():
        points |= {
            f"{BITS}synergy_low/{task}": decomposition.synergy.low,
            f"{BITS}gain/{task}": decomposition.gain.value,
        }
        points |= {
            f"{BITS}synergy/{task}": decomposition.synergy.value,
            f"{BITS}fused/{task}": decomposition.fused.value,
        }
    return points


def guarded(recorder: Recorder, what: str, work: Callable[[], None]) -> bool:
    """Do the work; a failure becomes a line for the reader, for no decomposition is worth a run, and one of
    ours a trace in the log. Whether it succeeded."""
    try:
        work()
    except UserError as error:
        recorder.message(f"no decomposition of {what}: {error}")
    except Exception as error:  # whatever it is, the training's results must be kept
        logger.exception("the decomposition of %s failed", what)
        recorder.message(f"the decomposition of {what} failed: {type(error).__name__}: {error}")
    else:
        return True
    return False


def _exact_ceiling(task: Task) -> Ceiling | None:
    """The synergy that is known by construction; an estimate where it had to be integrated roughly."""
    known = task.information
    if known is None:
        return None
    return Ceiling(known.synergy, "exact" if known.error <= KNOWN_WITHIN else "estimate")


def _joined(parts: Sequence[torch.Tensor]) -> Features:
    return torch.cat(list(parts)).numpy()


def _varying(views: list[Features]) -> list[Features]:
    """The views without constant ones (a layer may be dead), unless all are."""
    return [view for view in views if (view != view[0]).any()] or views
