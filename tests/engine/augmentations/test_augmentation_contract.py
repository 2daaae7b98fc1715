"""What every augmentation promises, for every kind of modality it is for; they are found in
`engine/augmentations`."""

import pkgutil

import pytest
import torch

import engine.augmentations
from engine.augmentation import build_augmentation, plain
from engine.dataset import Modality, Samples
from engine.randomness import torch_generator
from engine.settings.augmentation import AugmentationSettings
from engine.settings.base import members_of
from engine.settings.encoder import MlpSettings
from engine.settings.experiment import SettingsError

SHAPES = {"vector": (9,), "sequence": (12, 5), "image": (3, 24, 20), "text": (10,)}
SETTINGS = members_of(AugmentationSettings)
NAMES = sorted(found.name for found in pkgutil.iter_modules(engine.augmentations.__path__) if not found.ispkg)
CASES = [(name, kind) for name, own in SETTINGS.items() for kind in own.READS]
SAMPLES = 64
MASK, SPECIAL = 4, (0, 1, 2, 4)


def modality(name, kind):
    return Modality("x", kind, SHAPES[kind], MlpSettings(), SETTINGS[name](), MASK, SPECIAL)


def stored(kind):
    """A batch as a data set holds it: images uint8, texts with their special tokens, sequences padded."""
    source, shape = torch_generator(0, "batch"), SHAPES[kind]
    if kind == "image":
        return Samples(torch.randint(0, 256, (SAMPLES, *shape), dtype=torch.uint8, generator=source))
    if kind == "vector":
        return Samples(torch.randn(SAMPLES, *shape, generator=source))
    lengths = torch.randint(1, shape[0] + 1, (SAMPLES, 1), generator=source)
    padding = torch.arange(shape[0]) >= lengths
    if kind == "sequence":
        return Samples(torch.randn(SAMPLES, *shape, generator=source), padding)
    ids = torch.randint(5, 40, (SAMPLES, *shape), generator=source)
    ids[:, 0] = 1
    return Samples(ids.masked_fill(padding, 0), padding)


def augmented(name, kind, samples, seed=0):
    own = modality(name, kind)
    return build_augmentation(own.augmentation, own)(samples, torch_generator(seed, "views"))


def test_every_file_has_settings_of_its_name_and_the_other_way_round():
    assert sorted(SETTINGS) == NAMES


@pytest.mark.parametrize("name", SETTINGS)
def test_other_kinds_are_refused_in_one_line(name):
    for kind in SHAPES.keys() - set(SETTINGS[name].READS):
        own = modality(name, kind)
        with pytest.raises(SettingsError, match=rf"^augmentations\.x is '{name}', which is for [^\n]+$"):
            build_augmentation(own.augmentation, own)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_view_is_laid_out_as_the_plain_one(name, kind):
    samples = stored(kind)
    view, usual = augmented(name, kind, samples), plain(samples, modality(name, kind))
    assert view.values.shape == usual.values.shape and view.values.dtype == usual.values.dtype
    assert view.values.isfinite().all()
    assert (view.is_padding is None) == (samples.is_padding is None)
    assert samples.is_padding is None or torch.equal(view.is_padding, samples.is_padding)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_generator_decides_and_nothing_else_is_drawn_or_changed(name, kind):
    samples = stored(kind)
    kept, state = samples.values.clone(), torch.random.get_rng_state()
    first = augmented(name, kind, samples)
    assert torch.equal(torch.random.get_rng_state(), state) and torch.equal(samples.values, kept)
    torch.rand(3)
    assert torch.equal(augmented(name, kind, samples).values, first.values)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_views_differ_where_anything_is_random(name, kind):
    samples = stored(kind)
    views = [augmented(name, kind, samples, seed).values for seed in (1, 2)]
    usual = plain(samples, modality(name, kind)).values
    if torch.equal(views[0], usual):  # it promises the sample itself, always
        assert torch.equal(views[1], usual)
    else:
        assert not torch.equal(views[0], views[1])


@pytest.mark.parametrize(("name", "kind"), [case for case in CASES if case[1] in ("sequence", "text")])
def test_padding_stays_as_it_was_and_has_no_say(name, kind):
    samples = stored(kind)
    view, padding = augmented(name, kind, samples).values, samples.is_padding
    usual = plain(samples, modality(name, kind)).values
    assert torch.equal(view[padding], usual[padding])
    other = samples.values.clone()
    other[padding] = 3
    changed = augmented(name, kind, Samples(other, padding)).values
    assert torch.equal(changed[~padding], view[~padding])


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_view_of_a_shared_draw_is_laid_out_as_any_other(name, kind):
    samples, own = stored(kind), modality(name, kind)
    augmentation = build_augmentation(own.augmentation, own)
    shared = augmentation.shared_draws([samples, samples], torch_generator(3, "views"))
    view = augmentation(samples, torch_generator(4, "views"), shared).values
    usual = plain(samples, own).values
    assert view.shape == usual.shape and view.dtype == usual.dtype and view.isfinite().all()
