"""The views that training makes of samples, as pictures: augmented ones, and masked ones with their hidden
tokens covered."""

from pathlib import Path

import torch
from torch import Tensor

from app.preview import pictures
from app.preview.data import Facts, draw, scale_of, unpadded
from engine.dataset import Modality, Samples, load_dataset
from engine.encoder import Encoder, Tokens
from engine.nets.masking import draw_kept, join
from engine.objective import build_objective
from engine.objectives.bases.fused import ContrastiveFusionObjective
from engine.randomness import derive_seed, torch_generator
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.settings.objective import InfmaskingSettings
from engine.views import augmented_views, view_plan

VIEWED = 3
MASKS_SHOWN = 3


def show_views(settings: ExperimentSettings, folder: Path, home: Path) -> Facts:
    """Of a few training samples: as stored, two augmented views, and masked versions of the first, tokens
    drawn as the method draws them. Raises `SettingsError` for a method without masks."""
    method = settings.objective
    if not isinstance(method, InfmaskingSettings):
        raise SettingsError(f"masked views belong to infmasking; the settings are of {method.name}")
    dataset = load_dataset(settings.data, home)
    plan = view_plan(settings, dataset.modalities)
    torch.manual_seed(derive_seed(settings.seed, "weights"))
    objective = build_objective(settings, dataset.modalities).eval()
    assert isinstance(objective, ContrastiveFusionObjective)
    batch = dataset.train.batch(
        torch.randperm(len(dataset.train), generator=torch_generator(0, "preview/views"))[:VIEWED]
    )
    views = augmented_views(batch, plan, torch_generator(settings.seed, "preview/augmentation"), 2)
    with torch.inference_mode():
        tokens = {name: objective.encode(name, samples) for name, samples in views[0].items()}
    joined = join(list(tokens.values()))
    kept = draw_kept(
        joined,
        method.mask_ratio,
        min(method.masks, MASKS_SHOWN),
        torch_generator(settings.seed, "preview/masks"),
    )
    hidden = dict(
        zip(tokens, torch.split(~kept & joined.is_valid[:, None], list(joined.sizes), -1), strict=True)
    )
    facts: Facts = {"masks": method.masks, "mask_ratio": method.mask_ratio, "modalities": []}
    for modality in dataset.modalities:
        name = modality.name
        encoder = objective.encoders[name]
        assert isinstance(encoder, Encoder)
        drawn = _views_of(
            modality, batch[name], [view[name] for view in views], hidden[name], encoder.grid, folder
        )
        facts["modalities"].append(
            {"name": name, "kind": modality.kind, "samples": drawn} | _counts(tokens[name], hidden[name])
        )
    return facts


def _counts(tokens: Tokens, hidden: Tensor) -> Facts:
    return {"tokens": tokens.values.shape[1], "hidden": int(hidden[0, 0].sum())}


def _views_of(
    modality: Modality,
    stored: Samples,
    views: list[Samples],
    hidden: Tensor,
    grid: tuple[int, ...],
    folder: Path,
) -> list[Facts]:
    """Pictures of one modality, a row a sample: stored, both views, masked versions of the first."""
    rows: list[Facts] = []
    scale = scale_of(stored)
    for place in range(len(stored.values)):
        stem = f"view-{modality.name.encode().hex()}-{place}"
        masks = [mask.numpy().reshape(grid or (-1,)) for mask in hidden[place]]
        first = unpadded(views[0], place)
        rows.append(
            {
                "stored": pictures.save(
                    draw(modality, unpadded(stored, place), scale), folder / f"{stem}-stored.png"
                ),
                "views": [
                    pictures.save(
                        draw(modality, unpadded(view, place), scale), folder / f"{stem}-augmented-{i}.png"
                    )
                    for i, view in enumerate(views)
                ],
                "masked": [
                    pictures.save(draw(modality, first, scale, mask), folder / f"{stem}-masked-{i}.png")
                    for i, mask in enumerate(masks)
                ],
            }
        )
    return rows
