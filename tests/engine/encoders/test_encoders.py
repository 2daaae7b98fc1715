"""Encoders: what they give, that it belongs to the sample alone, and how they refuse what they cannot
read."""

import pytest
import torch

from engine.dataset import Modality, Samples
from engine.encoder import EncoderError, build_encoder
from engine.encoders.resnet18 import SyncedBatchNorm
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import (
    AlexnetSettings,
    ForceSettings,
    GruSettings,
    MlpSettings,
    ProprioceptionSettings,
    Resnet18Settings,
    SequenceTransformerSettings,
    SmallCnnSettings,
    TabularSettings,
)


def modality(kind, *shape, encoder=None):
    return Modality("x", kind, shape, encoder or MlpSettings(), NoAugmentation())


@pytest.mark.parametrize(
    ("settings", "shape", "grid", "width"),
    [
        (AlexnetSettings(), (3, 224, 224), (6, 6), 256),
        (AlexnetSettings(), (1, 63, 63), (1, 1), 256),
        (AlexnetSettings(), (3, 96, 130), (2, 3), 256),
        (SmallCnnSettings(), (3, 64, 64), (4, 4), 128),
        (SmallCnnSettings(channels=(4, 6)), (2, 9, 16), (3, 4), 6),
    ],
)
def test_images_become_feature_maps(settings, shape, grid, width):
    encoder = build_encoder(settings, modality("image", *shape))
    tokens = encoder(Samples(torch.randn(2, *shape)))
    assert (encoder.grid, encoder.width) == (grid, width)
    assert tokens.values.shape == (2, grid[0] * grid[1], width) and tokens.is_padding is None


def test_alexnet_has_the_published_number_of_weights():
    encoder = build_encoder(AlexnetSettings(), modality("image", 3, 224, 224))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 2_469_696


def test_feature_maps_are_read_row_by_row():
    """A bright corner lights the token of its own row and column."""
    torch.manual_seed(0)
    encoder = build_encoder(SmallCnnSettings(channels=(4, 8)), modality("image", 1, 16, 16))
    encoder.layers[1] = encoder.layers[4] = torch.nn.Identity()  # GroupNorm spreads a change over the map
    bright = torch.zeros(1, 1, 16, 16)
    bright[..., :1, -2:] = 5.0
    changed = encoder(Samples(bright)).values - encoder(Samples(torch.zeros_like(bright))).values
    assert changed[0].abs().sum(-1).nonzero().flatten().tolist() == [3]


def test_vectors_become_a_set_of_tokens():
    encoder = build_encoder(MlpSettings(hidden=(8,), tokens=5, width=6), modality("vector", 7))
    assert encoder(Samples(torch.randn(3, 7))).values.shape == (3, 5, 6)
    assert encoder.grid == ()


@pytest.mark.parametrize("hidden", [(), (8, 9)])
def test_sequences_become_one_token_a_step_and_keep_their_padding(hidden):
    encoder = build_encoder(MlpSettings(hidden=hidden, tokens=5, width=6), modality("sequence", 4, 7))
    padding = torch.tensor([[False, False, True, True]]).expand(3, 4)
    tokens = encoder(Samples(torch.randn(3, 4, 7), padding))
    assert tokens.values.shape == (3, 4, 6) and tokens.is_padding is padding and encoder.grid == (4,)


@pytest.mark.parametrize(
    ("settings", "kind", "shape"),
    [
        (SmallCnnSettings(), "image", (3, 32, 32)),
        (AlexnetSettings(), "image", (3, 64, 64)),
        (MlpSettings(), "vector", (9,)),
    ],
)
def test_tokens_do_not_depend_on_the_batch(settings, kind, shape):
    torch.manual_seed(0)
    encoder = build_encoder(settings, modality(kind, *shape))
    values = torch.randn(6, *shape)
    together = encoder(Samples(values)).values
    torch.testing.assert_close(together[2:3], encoder(Samples(values[2:3])).values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "kind", "shape", "message"),
    [
        (
            AlexnetSettings(),
            "image",
            (3, 62, 80),
            "alexnet needs images of at least 63 px a side; 'x' has 62 × 80: use small_cnn",
        ),
        (
            AlexnetSettings(),
            "vector",
            (4,),
            "alexnet reads images; modality 'x' is a vector, which mlp, tabular, proprioception read",
        ),
        (
            SmallCnnSettings(),
            "sequence",
            (4, 4),
            "small_cnn reads images; modality 'x' is a sequence, which mlp, sequence_transformer, gru, "
            "force read",
        ),
        (
            SmallCnnSettings(),
            "image",
            (3, 15, 15),
            "small_cnn with 4 stages needs images of at least 16 px a side; 'x' has 15 × 15",
        ),
        (
            SmallCnnSettings(channels=(4, 0)),
            "image",
            (3, 15, 15),
            r"small_cnn needs at least 1 channel in every stage; got \(4, 0\)",
        ),
        (
            MlpSettings(),
            "image",
            (3, 8, 8),
            "mlp reads vectors and sequences; modality 'x' is an image, which alexnet, small_cnn, resnet18, "
            "clip_vision read",
        ),
        (
            TabularSettings(),
            "sequence",
            (4, 3),
            "tabular reads vectors; modality 'x' is a sequence, which mlp, sequence_transformer, gru, force "
            "read",
        ),
        (
            TabularSettings(hidden=(0,)),
            "vector",
            (4,),
            r"tabular needs hidden layers of at least 1 feature; got \(0,\)",
        ),
        (
            GruSettings(),
            "vector",
            (4,),
            "gru reads sequences; modality 'x' is a vector, which mlp, tabular, proprioception read",
        ),
        (
            Resnet18Settings(),
            "vector",
            (4,),
            "resnet18 reads images; modality 'x' is a vector, which mlp, tabular, proprioception read",
        ),
        (
            Resnet18Settings(),
            "image",
            (3, 32, 90),
            "resnet18 needs images of at least 33 px a side; 'x' has 32 × 90: use small_cnn",
        ),
        (
            ForceSettings(),
            "vector",
            (4,),
            "force reads sequences; modality 'x' is a vector, which mlp, tabular, proprioception read",
        ),
        (ForceSettings(), "sequence", (33, 6), "force reads a multiple of 32 steps; 'x' has 33"),
        (
            ProprioceptionSettings(),
            "sequence",
            (4, 2),
            "proprioception reads vectors; modality 'x' is a sequence, which mlp, sequence_transformer, "
            "gru, force read",
        ),
        (
            MlpSettings(hidden=(0,)),
            "vector",
            (4,),
            r"mlp needs hidden layers of at least 1 feature; got \(0,\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(settings, kind, shape, message):
    with pytest.raises(EncoderError, match=f"^{message}$"):
        build_encoder(settings, modality(kind, *shape))


def test_the_sequence_transformer_ignores_padding_and_order():
    torch.manual_seed(0)
    encoder = build_encoder(
        SequenceTransformerSettings(layers=2, feed_forward=32), modality("sequence", 6, 7)
    ).eval()
    values = torch.randn(3, 6, 7)
    padding = torch.arange(6) >= torch.tensor([[6], [4], [1]])
    tokens = encoder(Samples(values, padding))
    assert tokens.values.shape == (3, 6, 40) and tokens.is_padding is padding and encoder.grid == ()
    disturbed = torch.where(padding[..., None], torch.full_like(values, 9.0), values)
    torch.testing.assert_close(encoder(Samples(disturbed, padding)).values[~padding], tokens.values[~padding])
    alone = encoder(Samples(values[1:2, :4])).values
    torch.testing.assert_close(alone, tokens.values[1:2, :4], rtol=1e-4, atol=1e-5)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(
        encoder(Samples(values[1:2, order])).values, alone[:, order], rtol=1e-4, atol=1e-5
    )
    with torch.inference_mode():  # PyTorch's fast path gives the same
        torch.testing.assert_close(
            encoder(Samples(values, padding)).values[~padding], tokens.values[~padding]
        )
    with pytest.raises(EncoderError, match="sequence_transformer reads sequences; modality 'x' is a vector"):
        build_encoder(SequenceTransformerSettings(), modality("vector", 6))


def test_tables_become_one_token_a_feature():
    encoder = build_encoder(TabularSettings(width=16), modality("vector", 5))
    assert [layer.weight.shape for layer in encoder.layers if hasattr(layer, "weight")] == [(10, 5), (10, 10)]
    values = torch.randn(3, 5)
    tokens = encoder(Samples(values)).values
    features = encoder.layers(values)
    expected = features[..., None] * encoder.tokens.weight + encoder.tokens.bias
    torch.testing.assert_close(tokens, expected)
    assert tokens.shape == (3, 10, 16) and encoder.grid == ()


def test_the_gru_looks_back_only():
    encoder = build_encoder(GruSettings(width=8), modality("sequence", 6, 4))
    values, padding = torch.randn(2, 6, 4), torch.arange(6) >= torch.tensor([[6], [3]])
    tokens = encoder(Samples(values, padding))
    assert tokens.values.shape == (2, 6, 8) and tokens.is_padding is padding
    values[1, 3:] = 7.0
    torch.testing.assert_close(encoder(Samples(values, padding)).values[1, :3], tokens.values[1, :3])


def test_resnet18_has_the_published_number_of_weights_and_maps():
    encoder = build_encoder(Resnet18Settings(), modality("image", 3, 128, 128)).eval()
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 11_176_512
    tokens = encoder(Samples(torch.randn(2, 3, 128, 128)))
    assert tokens.values.shape == (2, 16, 512) and encoder.grid == (4, 4)
    odd = build_encoder(Resnet18Settings(), modality("image", 1, 33, 70)).eval()
    assert odd(Samples(torch.randn(1, 1, 33, 70))).values.shape == (1, 6, 512) and odd.grid == (2, 3)


def test_the_synced_batch_norm_is_batch_norm_where_there_is_one_process():
    torch.manual_seed(0)
    ours, theirs = SyncedBatchNorm(3), torch.nn.BatchNorm2d(3)
    images = torch.randn(4, 3, 5, 6)
    torch.testing.assert_close(ours(images), theirs(images))
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_forces_become_one_token_that_sees_the_latest_reading():
    torch.manual_seed(0)
    encoder = build_encoder(ForceSettings(width=24), modality("sequence", 32, 6))
    convolutions = [layer for layer in encoder.layers if hasattr(layer, "weight")]
    assert [layer.out_channels for layer in convolutions] == [16, 32, 64, 128, 24]
    values = torch.randn(2, 32, 6, requires_grad=True)
    tokens = encoder(Samples(values))
    assert tokens.values.shape == (2, 1, 24) and encoder.grid == ()
    (gradient,) = torch.autograd.grad(tokens.values.sum(), values)
    assert (gradient.abs().sum(2) > 0).all()
    longer = build_encoder(ForceSettings(width=24), modality("sequence", 64, 6))
    padding = torch.arange(64) >= torch.tensor([[64], [20]])
    assert longer(Samples(torch.randn(2, 64, 6), padding)).is_padding.tolist() == [
        [False, False],
        [False, True],
    ]


def test_the_arms_state_becomes_one_token():
    encoder = build_encoder(ProprioceptionSettings(width=24), modality("vector", 8))
    layers = [layer.out_features for layer in encoder.layers if hasattr(layer, "weight")]
    assert layers == [32, 64, 128, 24]
    assert encoder(Samples(torch.randn(3, 8))).values.shape == (3, 1, 24)
