"""SimCLR's pipeline: its distributions, and each operation against Pillow's on the same choices."""

import colorsys
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from engine.augmentation import IMAGENET_MEAN, IMAGENET_STD, normalise
from engine.augmentations import simclr as image_augmentation
from engine.augmentations.imaging.blur import blur
from engine.augmentations.imaging.colour import BRIGHTNESS, CONTRAST, HUE, SATURATION, shift_hue_
from engine.augmentations.simclr import ImageDraws, apply, draw, place_boxes, simclr
from engine.randomness import torch_generator
from engine.settings.augmentation import SimclrAugmentation

NOTHING = SimclrAugmentation(
    smallest_crop=1.0, colour_probability=0, grey_probability=0, blur_probability=0, flip_probability=0
)


def generator(seed=0):
    return torch_generator(seed, "test")


def smooth_images(b=3, height=48, width=48):
    """uint8 images of mild colours, so that no operation clips."""
    coarse = torch.rand(b, 3, 6, 6, generator=generator())
    fine = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 1)
    return (80 + 70 * fine).round().byte()


def unchanged(images):
    """Draws that leave images as they are."""
    b, _, height, width = images.shape
    return ImageDraws(
        boxes=torch.tensor([[0.0, 0.0, width, height]]).repeat(b, 1),
        flipped=torch.zeros(b, dtype=torch.bool),
        jittered=torch.zeros(b, dtype=torch.bool),
        factors=torch.tensor([[1.0, 1.0, 1.0, 0.0]]).repeat(b, 1),
        order=torch.arange(4).repeat(b, 1),
        grey=torch.zeros(b, dtype=torch.bool),
        sigma=torch.zeros(b),
    )


def as_bytes(normalised):
    """Back to 0 … 255."""
    mean, std = torch.tensor(IMAGENET_MEAN)[:, None, None], torch.tensor(IMAGENET_STD)[:, None, None]
    return (normalised * std + mean) * 255


def pictures(images):
    return [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]


def from_pictures(pictures):
    return torch.stack([torch.from_numpy(np.array(picture)).permute(2, 0, 1) for picture in pictures]).float()


# What is drawn


@pytest.fixture(scope="module")
def many():
    settings = SimclrAugmentation(
        colour_probability=0.7, grey_probability=0.25, blur_probability=0.4, flip_probability=0.6
    )
    return draw(torch.Size((20_000, 3, 64, 64)), settings, generator())


def test_each_operation_is_drawn_with_its_probability(many):
    for drawn, probability in (
        (many.jittered, 0.7),
        (many.grey, 0.25),
        (many.sigma > 0, 0.4),
        (many.flipped, 0.6),
    ):
        assert drawn.float().mean() == pytest.approx(probability, abs=0.015)
    correlations = np.corrcoef(
        torch.stack([many.jittered, many.grey, many.sigma > 0, many.flipped]).float().numpy()
    )
    assert np.abs(correlations - np.eye(4)).max() < 0.03


def test_crops_have_the_areas_and_aspects_of_random_resized_crop(many):
    left, top, width, height = many.boxes.T
    area, aspect = width * height / 64**2, width / height
    assert area.min() > 0.07 and area.max() <= 1.0
    assert aspect.log().mean().abs() < 0.01 and aspect.min() > 0.70 and aspect.max() < 1.43
    assert (
        (left >= 0).all() and (top >= 0).all() and (left + width <= 64).all() and (top + height <= 64).all()
    )
    assert (many.boxes == many.boxes.round()).all()
    rest = 64 - width
    assert (left[rest > 20] / rest[rest > 20]).mean() == pytest.approx(0.5, abs=0.01)
    # The law itself, drawn one by one as RandomResizedCrop does.
    dice, reference = np.random.default_rng(0), []
    while len(reference) < 20_000:
        a, r = dice.uniform(0.08, 1) * 64**2, np.exp(dice.uniform(np.log(3 / 4), np.log(4 / 3)))
        w, h = round((a * r) ** 0.5), round((a / r) ** 0.5)
        if w <= 64 and h <= 64:
            reference.append(w * h / 64**2)
    quantiles = np.linspace(0.05, 0.95, 19)
    assert np.quantile(area.numpy(), quantiles) == pytest.approx(np.quantile(reference, quantiles), abs=0.015)


def test_jitter_factors_hue_blur_and_order(many):
    for position, half_width in ((BRIGHTNESS, 0.4), (CONTRAST, 0.4), (SATURATION, 0.4), (HUE, 0.1)):
        factor = many.factors[:, position]
        centre = 0.0 if position == HUE else 1.0
        assert (factor - centre).abs().max() <= half_width
        assert factor.std() == pytest.approx(half_width / 3**0.5, rel=0.03)
        assert factor.mean() == pytest.approx(centre, abs=0.01)
    _, counts = many.order.unique(dim=0, return_counts=True)
    assert len(counts) == 24 and counts.min() > 0.8 * 20_000 / 24
    drawn = many.sigma[many.sigma > 0] * (224 / 64)
    assert drawn.min() >= 0.1 - 1e-6 and drawn.max() <= 2.0 and drawn.mean() == pytest.approx(1.05, abs=0.02)


def test_twice_the_colour_is_twice_the_jitter():
    factors = draw(torch.Size((5000, 3, 8, 8)), SimclrAugmentation(colour=2.0), generator()).factors
    assert factors[:, BRIGHTNESS].min() == pytest.approx(0.2, abs=0.01) and factors[
        :, HUE
    ].max() == pytest.approx(0.2, abs=0.01)


def test_where_no_crop_fits_the_largest_allowed_one_is_taken_from_the_middle():
    impossible = torch.full((2, 10), 1e6)
    boxes = place_boxes(impossible, torch.ones(2, 10), torch.rand(2, 2), height=100, width=300)
    assert boxes.tolist() == [[83, 0, 133, 100]] * 2


# What is done


def test_nothing_drawn_is_the_normalised_image():
    images = smooth_images()
    assert torch.allclose(apply(images, unchanged(images)), normalise(images), atol=1e-5)
    assert torch.allclose(as_bytes(normalise(images)), images.float(), atol=1e-3)
    assert torch.allclose(simclr(images, NOTHING, generator()), normalise(images), atol=1e-5)


def test_floats_between_0_and_1_are_the_same_images():
    images = smooth_images()
    drawn = draw(images.shape, SimclrAugmentation(), generator())
    assert torch.allclose(apply(images, drawn), apply(images.float() / 255, drawn), atol=1e-4)
    assert torch.allclose(normalise(images), normalise(images.float() / 255), atol=1e-6)


def test_the_crop_is_pillows_bilinear_resize():
    images = smooth_images(height=40, width=56)
    boxes = torch.tensor([[3.0, 5.0, 31.0, 20.0], [0.0, 0.0, 56.0, 40.0], [30.0, 12.0, 26.0, 28.0]])
    ours = as_bytes(apply(images, unchanged(images)._replace(boxes=boxes)))
    resized = [
        picture.resize((56, 40), Image.Resampling.BILINEAR, (x, y, x + w, y + h))
        for picture, (x, y, w, h) in zip(pictures(images), boxes.tolist(), strict=True)
    ]
    difference = (ours - from_pictures(resized)).abs()[
        ..., 2:-2, 2:-2
    ]  # at the border Pillow does not look past the crop
    assert difference.max() < 2.0


def test_the_flip_mirrors():
    images = smooth_images()
    flipped = apply(images, unchanged(images)._replace(flipped=torch.tensor([True, False, True])))
    assert torch.allclose(flipped[[0, 2]], normalise(images[[0, 2]]).flip(3), atol=1e-4)
    assert torch.allclose(flipped[1], normalise(images[1:2])[0], atol=1e-4)


def turn_hue(pixels, turns):
    """Pixels (n, 3) in [0, 1], one by one through the standard library."""
    turned = [
        colorsys.hsv_to_rgb((h + turns) % 1, s, v) for h, s, v in (colorsys.rgb_to_hsv(*p) for p in pixels)
    ]
    return np.array(turned)


def luma(pixels):
    return pixels @ np.array([[0.299], [0.587], [0.114]])


STEPS = {
    BRIGHTNESS: lambda x, f: f * x,
    CONTRAST: lambda x, f: f * x + (1 - f) * luma(x).mean(),
    SATURATION: lambda x, f: f * x + (1 - f) * luma(x),
    HUE: turn_hue,
}
PILLOW = {
    BRIGHTNESS: ImageEnhance.Brightness,
    CONTRAST: ImageEnhance.Contrast,
    SATURATION: ImageEnhance.Color,
}
FACTORS = torch.tensor([[1.2, 0.8, 1.3, 0.07], [0.8, 1.2, 0.7, -0.09], [1.1, 1.1, 0.6, 0.1]])


def jittered(images, order):
    whole = torch.ones(len(images), dtype=torch.bool)
    drawn = unchanged(images)._replace(
        jittered=whole, factors=FACTORS, order=torch.tensor([order]).repeat(len(images), 1)
    )
    return as_bytes(apply(images, drawn))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_the_folded_jitter_is_the_four_steps_in_their_order(order):
    images = smooth_images(height=20, width=20)
    for image, factors, ours in zip(images, FACTORS.tolist(), jittered(images, order), strict=True):
        pixels = image.flatten(1).T.numpy() / 255
        for step in order:
            pixels = STEPS[step](pixels, factors[step])
        assert ours.flatten(1).T.numpy() == pytest.approx(pixels * 255, abs=0.05)


def test_the_jitter_is_pillows_up_to_its_rounding():
    images, order = smooth_images(), (CONTRAST, SATURATION, BRIGHTNESS, HUE)
    for picture, factors, ours in zip(
        pictures(images), FACTORS.tolist(), jittered(images, order), strict=True
    ):
        for step in order[:3]:
            picture = PILLOW[step](picture).enhance(factors[step])
        pixels = turn_hue(np.array(picture).reshape(-1, 3) / 255, factors[HUE]) * 255
        difference = np.abs(ours.flatten(1).T.numpy() - pixels)
        assert difference.mean() < 1.5 and difference.max() < 6


def test_grey_is_luma():
    images = smooth_images()
    grey = as_bytes(apply(images, unchanged(images)._replace(grey=torch.tensor([True, True, False]))))
    expected = from_pictures([picture.convert("L").convert("RGB") for picture in pictures(images[:2])])
    assert (grey[:2] - expected).abs().max() < 1.1
    assert torch.allclose(grey[2], images[2].float(), atol=1e-2)


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=30), st.floats(-0.16, 0.16))
def test_the_hue_shift_is_hsv(colours, turns):
    image = torch.tensor(colours, dtype=torch.float32).T.reshape(1, 3, 1, -1) / 255
    turned = shift_hue_(image.clone(), torch.tensor([turns]))[0, :, 0].T
    for colour, ours in zip(colours, turned.tolist(), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
        assert ours == pytest.approx(colorsys.hsv_to_rgb((hue + turns) % 1, saturation, value), abs=1e-4)


@pytest.mark.parametrize("shape", [(48, 48), (30, 17), (33, 64)])
def test_the_blur_is_a_gaussian_of_each_images_own_width(shape):
    images = torch.rand(3, 3, *shape, generator=generator())
    sigma, widest = torch.tensor([0.1, 0.7, 2.0]), 2.0
    radius = 6
    ours = blur(images, sigma, widest)
    steps = torch.arange(-radius, radius + 1)
    for image, result, width in zip(images, ours, sigma, strict=True):
        kernel = torch.exp(-0.5 * (steps / width) ** 2)
        kernel = kernel / kernel.sum()
        padded = torch.nn.functional.pad(image[:, None], (radius,) * 4, mode="reflect")
        across = torch.nn.functional.conv2d(padded, kernel.view(1, 1, 1, -1))
        assert torch.allclose(
            result, torch.nn.functional.conv2d(across, kernel.view(1, 1, -1, 1))[:, 0], atol=1e-5
        )


def test_a_blur_leaves_a_flat_image_flat():
    flat = torch.full((1, 3, 32, 32), 0.3)
    assert torch.allclose(blur(flat, torch.tensor([1.5]), 2.0), flat, atol=1e-6)


def test_blurred_images_keep_their_mean_and_lose_detail():
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=generator())
    sharp = apply(images, unchanged(images))
    soft = apply(images, unchanged(images)._replace(sigma=torch.tensor([0.0, 0.5])))
    assert torch.equal(sharp[0], soft[0])
    assert (
        soft[1].mean() == pytest.approx(sharp[1].mean().item(), abs=0.02)
        and soft[1].std() < 0.8 * sharp[1].std()
    )


def test_the_same_generator_gives_the_same_views_and_another_gives_others():
    images = smooth_images(5)
    one, two, three = (simclr(images, SimclrAugmentation(), generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.allclose(one, three)


def test_how_many_images_are_worked_on_at_once_changes_nothing(monkeypatch):
    images = smooth_images(9)
    results = []
    for chunk in (1, 4, 64):
        monkeypatch.setattr(image_augmentation, "CPU_CHUNK", chunk)
        results.append(simclr(images, SimclrAugmentation(), generator()))
    assert torch.allclose(results[0], results[1], atol=1e-5) and torch.allclose(
        results[0], results[2], atol=1e-5
    )


@given(
    st.integers(1, 4),
    st.sampled_from([1, 3]),
    st.integers(2, 40),
    st.integers(2, 40),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_any_image_stays_in_the_range_of_colours(b, channels, height, width, whole, seed):
    images = torch.rand(b, channels, height, width, generator=generator(seed))
    if whole:
        images = (images * 255).round().byte()
    result = simclr(images, SimclrAugmentation(colour=2.0, blur_probability=0.8), generator(seed))
    assert result.shape == images.shape and result.dtype == torch.float32 and result.isfinite().all()
    if channels == 3:
        assert as_bytes(result).min() > -0.01 and as_bytes(result).max() < 255.01


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("whole", [True, False])
def test_all_images_together_become_what_they_become_apart(channels, whole):
    images = smooth_images(12)[:, :channels]
    images = images if whole else images.float() / 255
    drawn = draw(images.shape, SimclrAugmentation(), generator())
    assert drawn.jittered.any() and not drawn.jittered.all() and 0 < (drawn.sigma > 0).sum() < 12
    apart, together = (apply(images, drawn, together=both) for both in (False, True))
    assert torch.allclose(together, apart, atol=2e-5)
    assert torch.equal(apart, apply(images, drawn))  # a CPU takes them apart


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_does_the_same_with_the_same_choices():
    images = smooth_images(6)
    drawn = draw(images.shape, SimclrAugmentation(), generator())
    on_gpu = apply(images.cuda(), ImageDraws(*(value.cuda() for value in drawn)))
    assert torch.allclose(on_gpu.cpu(), apply(images, drawn), atol=1e-3)
    fresh = simclr(images.cuda(), SimclrAugmentation(), torch_generator(0, "test", device="cuda"))
    assert fresh.is_cuda and fresh.isfinite().all()
