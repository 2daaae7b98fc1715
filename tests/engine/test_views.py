"""Views of a batch: which augmentation a modality gets, what is shared, and mistakes told in one line."""

import pytest
import torch

from engine.dataset import Samples
from engine.datasets.common.modality_defaults import image_encoder, modality
from engine.randomness import torch_generator
from engine.settings.experiment import SettingsError, parse
from engine.views import augmented_views, plain_view, view_plan

MODALITIES = (
    modality("picture", "image", (3, 32, 32)),
    modality("sound", "sequence", (12, 5)),
    modality("words", "sequence", (12, 4)),
    modality("facts", "vector", (9,)),
)
DROP = {"name": "noise", "noise": 0.0, "drop": 0.8, "drop_probability": 0.7}


def settings(**changes):
    return parse({"data": {"name": "bits"}, "objective": {"name": "comm"}} | changes)


def batch(b=16):
    source = torch_generator(0, "batch")
    lengths = torch.randint(4, 13, (b,), generator=source)
    return {
        "picture": Samples(torch.randint(0, 256, (b, 3, 32, 32), dtype=torch.uint8, generator=source)),
        "sound": Samples(torch.ones(b, 12, 5)),
        "words": Samples(torch.ones(b, 12, 4), torch.arange(12) >= lengths[:, None]),
        "facts": Samples(torch.ones(b, 9)),
    }


def views(count=2, seed=0, **changes):
    plan = view_plan(settings(**changes), MODALITIES)
    return augmented_views(batch(), plan, torch_generator(seed, "views"), count)


def test_every_modality_gets_what_is_recommended_for_its_kind():
    plan = view_plan(settings(), MODALITIES)
    assert [plan.augmentations[m.name].name for m in MODALITIES] == ["simclr", "noise", "noise", "noise"]
    named = view_plan(settings(augmentations={"sound": {"name": "none"}}), MODALITIES)
    assert named.augmentations["sound"].name == "none" and named.augmentations["words"].name == "noise"


def test_views_are_float32_in_the_batch_s_shapes_and_differ_from_each_other():
    results = views(3)
    assert len(results) == 3
    for view in results:
        assert list(view) == list(batch())
        for name, samples in batch().items():
            assert (
                view[name].values.shape == samples.values.shape and view[name].values.dtype == torch.float32
            )
            assert (view[name].is_padding is None) == (samples.is_padding is None)
    for name in batch():
        assert not torch.equal(results[0][name].values, results[1][name].values)


def test_the_generator_decides_the_views():
    for name in batch():
        one, two, other = (views(1, seed)[0][name].values for seed in (1, 1, 2))
        assert torch.equal(one, two) and not torch.equal(one, other)


def test_the_plain_view_is_only_normalised():
    plan, whole = view_plan(settings(), MODALITIES), batch()
    view = plain_view(whole, plan)
    mean, deviation = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # of ImageNet
    for channel in range(3):
        expected = (whole["picture"].values[:, channel] / 255 - mean[channel]) / deviation[channel]
        torch.testing.assert_close(view["picture"].values[:, channel], expected)
    assert (
        torch.equal(view["words"].values, whole["words"].values)
        and view["words"].is_padding is whole["words"].is_padding
    )
    assert list(plain_view({"facts": whole["facts"]}, plan)) == ["facts"]


def test_no_augmentation_gives_the_plain_view():
    plan = view_plan(settings(augmentations={m.name: {"name": "none"} for m in MODALITIES}), MODALITIES)
    (view,) = augmented_views(batch(), plan, torch_generator(0, "views"), 1)
    assert all(torch.equal(view[name].values, plain_view(batch(), plan)[name].values) for name in batch())


def dropped(view, name):
    return (view[name].values == 0).all(-1)


def test_one_draw_serves_all_sequences_with_their_steps_aligned():
    augmentations = {"sound": DROP, "words": DROP, "facts": DROP}
    whole = batch()
    plan = view_plan(settings(augmentations=augmentations, shared_augmentation=True), MODALITIES)
    full = whole | {"words": Samples(torch.ones(16, 12, 4))}
    (shared,) = augmented_views(full, plan, torch_generator(0, "views"), 1)
    assert torch.equal(dropped(shared, "sound"), dropped(shared, "words")) and dropped(shared, "sound").any()
    some = dropped(shared, "sound").any(1)
    assert (shared["facts"].values[~some] == 1).float().mean() > 0.9, "who drops is shared with vectors too"
    apart = view_plan(settings(augmentations=augmentations), MODALITIES)
    (own,) = augmented_views(full, apart, torch_generator(0, "views"), 1)
    assert not torch.equal(dropped(own, "sound"), dropped(own, "words"))


def test_padding_is_the_same_in_every_view():
    for view in views(2, augmentations={"words": DROP | {"noise": 1.0}}):
        assert torch.equal(view["words"].is_padding, batch()["words"].is_padding)
        assert (view["words"].values[view["words"].is_padding] == 1).all(), (
            "what stands in padding is left alone"
        )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"augmentations": {"pictur": {"name": "simclr"}}},
            "augmentations names 'pictur'; the modalities are picture, sound, words",
        ),
        (
            {"encoders": {"image": {"name": "mlp"}}},
            "encoders names 'image'; the modalities are picture, sound, words, facts",
        ),
        (
            {"augmentations": {"sound": {"name": "simclr"}}},
            "augmentations.sound is 'simclr', which is for images; a sequence can",
        ),
        (
            {"augmentations": {"picture": {"name": "noise"}}},
            "augmentations.picture is 'noise', which is for vectors and sequences",
        ),
    ],
)
def test_mistakes_are_told_in_one_line(changes, line):
    with pytest.raises(SettingsError) as caught:
        view_plan(settings(**changes), MODALITIES)
    assert line in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("side", "stages"), [(2, 1), (8, 2), (16, 3), (32, 4), (64, 4), (127, 4)])
def test_small_images_get_as_many_halvings_as_they_have(side, stages):
    encoder = image_encoder(side)
    assert encoder.name == "small_cnn" and len(encoder.channels) == stages
    assert image_encoder(128).name == "alexnet"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_views_stay_on_the_gpu():
    on_gpu = {n: Samples(v.cuda(), None if p is None else p.cuda()) for n, (v, p) in batch().items()}
    plan = view_plan(settings(shared_augmentation=True), MODALITIES)
    for view in [
        *augmented_views(on_gpu, plan, torch_generator(0, "views", device="cuda"), 2),
        plain_view(on_gpu, plan),
    ]:
        assert all(samples.values.is_cuda and samples.values.isfinite().all() for samples in view.values())
