"""Trifeature: honest splits, pairs as they are promised, pictures that can be told apart, a cache that
heals."""

import numpy as np
import pytest
import torch

from engine.datasets import trifeature
from engine.datasets.rendering import cache
from engine.datasets.rendering.images import COLOURS, NAMES, draw_poses, render, template_side
from engine.datasets.rendering.shapes import EXTENT, SHAPES, regular, shape_templates, signed_distance
from engine.datasets.rendering.textures import TEXTURES, texture_tiles
from engine.errors import DatasetError
from engine.settings.dataset import TrifeatureSettings

SPLITS = ("train", "validation", "probe_train", "probe_validation", "probe_test")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def load(home, **changes):
    small = {"image_size": 32, "pairs": 2000, "probe_pairs": 2000, "test_pairs": 1000}
    return trifeature.load(TrifeatureSettings(**small | changes), home)


def pairs_of(split):
    return split.rows["image1"].numpy(), split.rows["image2"].numpy()


def pairing_of(features, split):
    """π as the biased pairs of a split show it."""
    first, second = pairs_of(split)
    seen = {(int(t), int(c)) for t, c in zip(features[first, 2], features[second, 1], strict=True)}
    assert len(seen) == 10, "every texture goes with exactly one colour"
    return np.array([colour for _, colour in sorted(seen)])


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("seed", [0, 3])
def test_pairs_share_a_shape_never_an_image_and_never_repeat(home, biased, seed):
    data, features = load(home, biased=biased, seed=seed), trifeature.image_features(seed)
    for name in SPLITS:
        first, second = pairs_of(getattr(data, name))
        assert (features[first, 0] == features[second, 0]).all()
        assert (first != second).all()
        assert len(set(zip(first, second, strict=True))) == len(first)


def test_splits_share_no_image_and_no_combination(home):
    data, features = load(home), trifeature.image_features(0)
    images = {name: set(np.concatenate(pairs_of(getattr(data, name)))) for name in SPLITS}
    combinations = {name: {tuple(features[row]) for row in rows} for name, rows in images.items()}
    for used, left_out in [("train", "validation"), ("train", "probe_test"), ("validation", "probe_test")]:
        assert not images[used] & images[left_out]
        assert not combinations[used] & combinations[left_out]
    assert images["probe_train"] <= set(trifeature.split_images(0.1).train.ravel())
    assert images["probe_validation"] <= set(trifeature.split_images(0.1).validation.ravel())
    assert min(images["probe_test"]) >= 2400 and max(images["train"]) < 2400


def test_all_thousand_combinations_are_there_eight_hundred_of_them_three_times():
    features = trifeature.image_features(5)
    combinations, counts = np.unique(features, axis=0, return_counts=True)
    assert features.shape == (2600, 3) and len(combinations) == 1000
    assert sorted(set(counts)) == [1, 3] and (counts == 3).sum() == 800
    assert (np.bincount(features[2400:, 0]) == 20).all()


def test_biased_pairs_obey_the_permutation_and_labels_tell_it(home):
    data, features = load(home, biased=True), trifeature.image_features(0)
    pairing = pairing_of(features, data.train)
    assert sorted(pairing) == list(range(10))
    for name in ("train", "validation"):
        first, second = pairs_of(getattr(data, name))
        assert (features[second, 1] == pairing[features[first, 2]]).all()
        assert (getattr(data, name).labels["synergy"] == 1).all()
    for name in ("probe_train", "probe_validation", "probe_test"):
        split = getattr(data, name)
        first, second = pairs_of(split)
        labels = {task: values.numpy() for task, values in split.labels.items()}
        assert list(labels) == ["share", "unique1", "unique2", "synergy"]
        assert (labels["share"] == features[first, 0]).all()
        assert (labels["unique1"] == features[first, 2]).all() and (
            labels["unique2"] == features[second, 2]
        ).all()
        assert (labels["synergy"] == (features[second, 1] == pairing[features[first, 2]])).all()
        assert 0.06 < labels["synergy"].mean() < 0.14


def test_unbiased_training_pairs_have_the_natural_rate(home):
    data, features = load(home, biased=False), trifeature.image_features(0)
    pairing = pairing_of(features, load(home, biased=True).train)
    first, second = pairs_of(data.train)
    assert 0.07 < (features[second, 1] == pairing[features[first, 2]]).mean() < 0.13


def test_sizes_are_what_was_asked_for(home):
    data = load(home, validation_share=0.2)
    assert len(data.train) == 2000 and len(data.probe_test) == 1000
    assert len(data.probe_train) + len(data.probe_validation) == 2000
    assert len(data.validation) == 400
    assert len(load(home, test_pairs=3800).probe_test) == 3800


def test_the_information_is_exact(home):
    share, unique1, unique2, synergy = load(home).tasks
    assert (
        share.information.redundancy
        == unique1.information.unique1
        == unique2.information.unique2
        == pytest.approx(np.log2(10))
    )
    assert synergy.information.synergy == pytest.approx(0.4689955936)
    assert synergy.chance == 0.5 and share.chance == 0.1
    assert [task.measures for task in load(home).tasks] == [
        "redundancy",
        "uniqueness",
        "uniqueness",
        "synergy",
    ]
    assert share.class_names == NAMES[0] and unique1.class_names == NAMES[2]


def test_the_seed_decides_all_and_the_image_size_only_the_pictures(home):
    same, again, other, larger = load(home), load(home), load(home, seed=1), load(home, image_size=40)
    for name in SPLITS:
        one, two, three, four = (getattr(data, name).rows["image1"] for data in (same, again, other, larger))
        assert torch.equal(one, two) and torch.equal(one, four) and not torch.equal(one, three)
    assert torch.equal(same.train.items["image1"], again.train.items["image1"])
    assert not torch.equal(same.train.items["image1"], other.train.items["image1"])
    assert same.train.items["image1"] is same.train.items["image2"]


def test_more_pairs_than_there_are_is_told_in_one_line(home):
    with pytest.raises(DatasetError, match=r"has 464,400 pairs for 'train'; 500,000 were asked for"):
        load(home, biased=False, pairs=500_000)
    with pytest.raises(DatasetError, match=r"pairs for 'train'; 60,000 were asked"):
        load(home, biased=True, pairs=60_000, image_size=33)
    assert not cache.cache_file(home, 33, 0).exists(), "told before anything is rendered"


def test_recommended_encoders_fit_the_size(home):
    assert [load(home, image_size=size).modalities[0].encoder.name for size in (32, 64)] == [
        "small_cnn",
        "small_cnn",
    ]
    assert trifeature.image_modality("image1", 224).encoder.name == "alexnet"
    assert trifeature.image_modality("image1", 224).augmentation.name == "simclr"


# The cache


def test_the_cache_is_used_again(home, monkeypatch):
    expected = load(home).train.items["image1"].clone()
    monkeypatch.setattr(trifeature, "render", lambda *_: pytest.fail("rendered again"))
    assert torch.equal(load(home).train.items["image1"], expected)


@pytest.mark.parametrize("damage", ["cut", "byte", "empty", "text", "other features"])
def test_a_broken_cache_is_replaced(tmp_path, damage):
    expected = load(tmp_path).train.items["image1"].clone()
    file = cache.cache_file(tmp_path, 32, 0)
    content = bytearray(file.read_bytes())
    if damage == "other features":
        cache.write_images(file, expected, trifeature.image_features(1))
    else:
        middle = len(content) // 2
        changed = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
        file.write_bytes(
            {"cut": content[:middle], "byte": changed, "empty": b"", "text": b"no tensors" * 100}[damage]
        )
    assert cache.read_images(file, trifeature.image_features(0), 32) is None
    assert torch.equal(load(tmp_path).train.items["image1"], expected)
    assert file.stat().st_size >= len(content)
    assert [f.name for f in file.parent.iterdir()] == [file.name], "nothing half-written is left"


def test_a_cache_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "rendered").write_text("a file where the folder should be")
    with pytest.raises(DatasetError, match=r"rendered images .* cannot be written"):
        load(tmp_path)


# The pictures


def test_shapes_are_never_cut_off():
    features = np.array([(shape, 9, 0) for shape in range(10) for _ in range(40)])
    images = render(features, 96, np.random.default_rng(0)).astype(float)
    area = ((images.mean(1) - 127.5) / 127.5).sum((1, 2)).reshape(10, 40)
    assert (area.std(1) / area.mean(1)).max() < 0.02
    assert (area.mean(1) > 0.2 * template_side(96) ** 2).all()


def test_poses_are_spread_and_inside():
    poses = draw_poses(4000, 224, np.random.default_rng(0))
    degrees = np.degrees(poses.shape_turns)
    assert -45 <= degrees.min() < -44 and 44 < degrees.max() <= 45
    assert np.corrcoef(poses.shape_turns, poses.texture_turns)[0, 1] == pytest.approx(0, abs=0.05)
    assert poses.centres.min() >= 64 and poses.centres.max() <= 160
    assert poses.centres.std() > 15


def test_edges_are_smooth():
    image = render(np.array([[3, 9, 0]]), 224, np.random.default_rng(0))[0, 0].astype(int)
    soft = ((image > 135) & (image < 248)).sum()
    around = 2 * np.pi * 0.95 * 64
    assert 0.5 * around < soft < 2.5 * around


def test_shapes_differ_in_every_position():
    """No turned template covers another by 90 % of their union (a square turned by 45° is no rhombus)."""
    resolution = 64
    templates = shape_templates(resolution, 1.0)
    centres = ((np.arange(resolution) + 0.5) / resolution * 2 - 1) * EXTENT
    x, y = np.meshgrid(centres, centres)
    for degrees in range(-90, 91, 15):
        turn = np.radians(degrees)
        u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        column, row = (
            np.clip((axis / EXTENT + 1) / 2 * resolution, 0, resolution - 1).astype(int) for axis in (u, v)
        )
        turned = templates[:, row, column]
        for one in range(10):
            for two in range(10):
                if one != two:
                    overlap = (
                        np.minimum(templates[one], turned[two]).sum()
                        / np.maximum(templates[one], turned[two]).sum()
                    )
                    assert overlap < 0.9, (tuple(SHAPES)[one], tuple(SHAPES)[two], degrees, overlap)


def test_textures_differ_wherever_they_start():
    tiles = texture_tiles(10.0)[:, ::4, ::4]
    centred = tiles - tiles.mean((1, 2), keepdims=True)
    spectra = np.fft.fft2(centred)
    size = np.sqrt((centred**2).sum((1, 2)))
    for one in range(1, 10):
        for two in range(one + 1, 10):
            correlation = np.fft.ifft2(spectra[one] * spectra[two].conj()).real.max() / (
                size[one] * size[two]
            )
            assert correlation < 0.9, (TEXTURES[one], TEXTURES[two], correlation)
    assert tiles[0].min() == 1.0
    assert ((tiles[1:].mean((1, 2)) > 0.15) & (tiles[1:].mean((1, 2)) < 0.7)).all()


def test_colours_differ():
    colours = np.array(list(COLOURS.values()))
    distance = np.linalg.norm(colours[:, None] - colours[None], axis=2) + 9 * np.eye(10)
    assert distance.min() > 0.3


def test_there_are_ten_of_each():
    assert [len(names) for names in NAMES] == [10, 10, 10]
    shapes, colours, textures = (" ".join(names) for names in NAMES)
    assert shapes == "triangle square plus circle tee rhombus pentagon star fivesquare trapezoid"
    assert colours == "red green blue yellow pink cyan purple ocean orange white"
    assert textures == "solid stripes grid hexgrid dots noise triangles zigzags rain pluses"


@pytest.mark.parametrize("size", [32, 63, 100])
def test_every_size_renders(size):
    images = render(np.array([(s, s, s) for s in range(10)]), size, np.random.default_rng(1))
    assert images.shape == (10, 3, size, size) and images.dtype == np.uint8
    assert all(len(np.unique(image)) > 2 for image in images)


def test_signed_distance_of_a_circle():
    x, y = np.meshgrid(np.linspace(-1.5, 1.5, 31), np.linspace(-1.5, 1.5, 31))
    assert signed_distance(regular(720), x, y) == pytest.approx(np.hypot(x, y) - 1, abs=2e-5)
