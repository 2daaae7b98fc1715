"""Representations with one modality of another sample, from the same pass as the plain ones."""

import torch

from engine.dataset import Samples, load_dataset
from engine.objective import build_objective
from engine.probing.representation import Exchange, FeatureExtractor
from engine.settings.experiment import parse
from engine.views import plain_view, view_plan


def test_exchanged_modalities_come_from_another_sample(tmp_path):
    settings = parse(
        {
            "data": {
                "name": "bits",
                "samples": 100,
                "probe_samples": 100,
                "test_samples": 100,
                "features": 8,
            },
            "objective": {"name": "comm", "projection": {"hidden": 16, "width": 8}},
            "encoders": {
                name: {"name": "mlp", "hidden": [16], "tokens": 2, "width": 8} for name in ("x1", "x2")
            },
            "fusion": {"width": 16, "heads": 2},
            "training": {"epochs": 1, "threads": 1, "device": "cpu"},
        }
    )
    data = load_dataset(settings.data, tmp_path)
    objective = build_objective(settings, data.modalities, data.tasks).eval()
    split = data.probe_test
    extractor = FeatureExtractor(objective, view_plan(settings, data.modalities), torch.device("cpu"), 33)
    both, pair = ("x1", "x2"), [("x1", "x2"), ("x1",), ("x2",)]
    plain = extractor.extract_views(split, pair)
    found = extractor.extract_views(split, pair, [Exchange(both, ("x2",)), Exchange(both, ("x1",))], seed=3)
    for one, other in zip(plain.fused, found.fused, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    assert all(torch.allclose(plain.encoded[name], found.encoded[name], atol=1e-5) for name in both)
    assert plain.exchanged == [] and [len(one) for one in found.exchanged] == [100, 100]
    tokens = {name: objective.encode(name, split_view(extractor, split, name)) for name in both}
    partners = set()
    with torch.inference_mode():
        for row in range(100):
            alone = tokens["x1"]._replace(values=tokens["x1"].values[row : row + 1].expand(100, -1, -1))
            every = objective.fuse({"x1": alone, "x2": tokens["x2"]})
            distance = (every - found.exchanged[0][row]).abs().amax(1)
            partner = int(distance.argmin())
            assert distance[partner] < 1e-4 and partner != row
            partners.add(partner)
    assert len(partners) == 100


def split_view(extractor, split, name):
    """The plain view of all items of a modality."""
    values, padding = split.fetch(name, split.rows[name])
    return plain_view({name: Samples(values, padding)}, extractor.plan)[name]
