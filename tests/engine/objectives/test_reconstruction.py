"""What MAE rebuilds, what its fusion sees, and that its loss counts what was hidden and nothing else."""

import objective_cases as cases
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset import Modality, Samples
from engine.encoder import Tokens, build_encoder
from engine.nets.masking import draw_visible, join, unmasked_views
from engine.objectives import mae
from engine.objectives.bases.reconstruction import Target, layout_of
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import AlexnetSettings, MlpSettings

NAMES = ("scene", "speech", "table")


def layout(kind, shape, encoder, patch=16):
    modality = Modality("m", kind, shape, encoder, NoAugmentation())
    return layout_of(modality, build_encoder(encoder, modality), patch)


def test_rows_are_the_patches_under_the_tokens():
    own = cases.objective("mae", *NAMES).layouts["scene"]  # 16 px, a 4 × 4 feature map
    images = torch.randn(2, 3, 16, 16)
    rows, is_value = own.target(Samples(images))
    assert (
        (own.grid, own.patch, own.width) == ((4, 4), 4, 48) and rows.shape == (2, 16, 48) and is_value.all()
    )
    torch.testing.assert_close(rows[1, 6].view(3, 4, 4), images[1, :, 4:8, 8:12])


def test_large_patches_are_averaged_down():
    own = layout("image", (3, 224, 224), AlexnetSettings())
    assert (own.grid, own.width) == ((6, 6), 3 * 16**2)
    small = layout("image", (3, 96, 96), AlexnetSettings(), patch=2)._replace(grid=(2, 2), patch=2)
    images = torch.randn(1, 3, 96, 96)
    rows = small.target(Samples(images)).values
    torch.testing.assert_close(rows[0, 1].view(3, 2, 2)[:, 1, 0], images[0, :, 24:48, 48:72].mean((1, 2)))


def test_steps_are_rows_and_vectors_are_one():
    speech = layout("sequence", (6, 5), MlpSettings())
    values, padding = torch.randn(2, 6, 5), torch.arange(6) >= torch.tensor([[6], [2]])
    rows, is_value = speech.target(Samples(values, padding))
    assert speech.grid == (6,) and torch.equal(rows, values)
    assert is_value.any(-1).sum(-1).tolist() == [6, 2]
    table = layout("vector", (5,), MlpSettings())
    assert table.grid == () and table.target(Samples(values[:, 0])).values.shape == (2, 1, 5)


def test_coarser_tokens_in_time_take_several_steps_each():
    encoder = build_encoder(MlpSettings(), Modality("m", "sequence", (6, 5), MlpSettings(), NoAugmentation()))
    encoder.grid = (3,)
    own = layout_of(Modality("m", "sequence", (6, 5), MlpSettings(), NoAugmentation()), encoder, 16)
    values = torch.randn(2, 6, 5)
    assert own.grid == (3,) and torch.equal(
        own.target(Samples(values)).values[:, 1].view(2, 2, 5), values[:, 2:4]
    )


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0.01, 0.99), st.integers(0, 99))
def test_the_visible_are_a_share_of_each_samples_own_tokens(first, second, ratio, seed):
    generator = torch.Generator().manual_seed(seed)
    padding = torch.arange(first) >= torch.randint(1, first + 1, (4, 1), generator=generator)
    joined = join([Tokens(torch.randn(4, first, 2), padding), Tokens(torch.randn(4, second, 2))])
    visible = draw_visible(joined, ratio, generator)
    assert not (visible & ~joined.is_valid).any()
    assert visible.sum(-1).tolist() == [
        max(1, int(n * (1 - ratio))) for n in joined.is_valid.sum(-1).tolist()
    ]


@pytest.mark.parametrize("fusion", [{}, {"layers": 2}, {"layers": 2, "pool": "mean"}])
def test_with_all_tokens_visible_the_fusion_is_that_of_the_probe(fusion):
    model = cases.objective("mae", *NAMES, fusion=fusion).double()
    view = {n: Samples(s.values.double(), s.is_padding) for n, s in cases.view(NAMES, 5, 1).items()}
    joined = join([model.encode(name, view[name]) for name in NAMES])
    outputs, is_there = model.fusion.tokens(joined.values, joined.is_valid)
    fused = model.fusion(joined.values, unmasked_views(joined, alone=False))[0]
    weights = is_there[..., None].double()
    expected = (outputs * weights).sum(1) / weights.sum(1) if fusion.get("pool") else outputs[:, 0]
    torch.testing.assert_close(fused, expected, rtol=1e-10, atol=1e-10)


def test_hidden_tokens_are_not_seen():
    model = cases.objective("mae", *NAMES, fusion={"layers": 2}).eval()
    values, kept = torch.randn(3, 9, 16), torch.arange(9) < torch.tensor([[2], [5], [1]])
    other = torch.where(kept[..., None], values, torch.randn(3, 9, 16))
    for (one, there), (two, _) in [(model.fusion.tokens(values, kept), model.fusion.tokens(other, kept))]:
        assert there.sum(-1).tolist() == [3, 6, 2]
        torch.testing.assert_close(one[there], two[there])


def test_the_loss_counts_what_was_hidden(monkeypatch):
    model = cases.objective("mae", *NAMES)
    views = cases.views(model, NAMES, 5)
    seen = {}
    monkeypatch.setattr(
        mae,
        "draw_visible",
        lambda joined, *_: seen.setdefault("kept", joined.is_valid & (torch.arange(27) % 3 > 0)),
    )
    monkeypatch.setattr(
        model.decoder, "forward", lambda *_: {n: torch.zeros(5, *shape) for n, shape in shapes.items()}
    )
    shapes = {"scene": (16, 48), "speech": (6, 5), "table": (1, 7)}
    loss, terms = cases.step(model, views)
    speech = views[0]["speech"]
    hidden = ~seen["kept"][:, 16:22] & ~speech.is_padding
    expected = {
        "rebuild_scene": model.layouts["scene"].target(views[0]["scene"]).values[:, ::3].square().mean(),
        "rebuild_speech": speech.values[hidden].square().mean(),
        "rebuild_table": views[0]["table"].values.square().mean(),
    }
    torch.testing.assert_close(terms, expected)
    torch.testing.assert_close(loss, torch.stack(list(expected.values())).mean())


def test_nothing_hidden_costs_nothing():
    target = Target(torch.ones(2, 3, 4), torch.zeros(2, 3, 4, dtype=torch.bool))
    assert mae.squared_error(torch.zeros(2, 3, 4), target) == 0
