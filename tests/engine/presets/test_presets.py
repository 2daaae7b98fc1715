"""Presets against the two papers: InfMasking's settings row by row, the methods of each table, the baselines'
settings."""

import pytest
from published_samples import affect_file, episodes, mimic_file

from engine.dataset import load_dataset
from engine.datasets.common.modality_defaults import modality
from engine.presets.preset import load_preset, preset_names
from engine.settings.augmentation import NoiseAugmentation, SimclrAugmentation, TokenMaskingAugmentation
from engine.settings.dataset import TrifeatureSettings
from engine.settings.encoder import (
    AlexnetSettings,
    ClipTextSettings,
    ClipVisionSettings,
    ForceSettings,
    GruSettings,
    ProprioceptionSettings,
    Resnet18Settings,
    SequenceTransformerSettings,
    TabularSettings,
)
from engine.views import view_plan

# InfMasking (arXiv 2509.25270): modalities, d, rate, weight decay, τ, λ, ρ, T, weight of the fusion's term
# (None: 1), layers
TRIFEATURE = (("image1", "image2"), 512, 3e-4, 1e-4, 0.1, 1, 0.7, 6, None, 1)
TABLE = {
    "trifeature-ru": TRIFEATURE,
    "trifeature-synergy": TRIFEATURE,
    "mosi": (("vision", "text"), 40, 1e-3, 1e-2, 0.1, 0.25, 0.8, 5, None, 1),
    "ur-funny": (("vision", "text"), 40, 1e-3, 1e-2, 0.05, 2, 0.5, 4, 5, 1),
    "mustard": (("vision", "text"), 40, 1e-3, 5e-2, 0.05, 1, 0.5, 5, None, 1),
    "mimic": (("tabular", "time_series"), 512, 3e-4, 1e-2, 0.2, 1, 0.8, 6, 5, 1),
    "vision-touch-contact": (("image", "proprioception"), 512, 1e-4, 1e-2, 0.1, 1, 0.7, 6, None, 1),
    "vision-touch-position": (("image", "force"), 128, 1e-4, 1e-2, 0.1, 1, 0.5, 4, 5, 1),
    "ur-funny-trimodal": (("vision", "text", "audio"), 40, 1e-3, 1e-2, 0.05, 2, 0.5, 4, None, 2),
    "vision-touch-contact-trimodal": (
        ("image", "force", "proprioception"),
        512,
        1e-4,
        1e-2,
        0.1,
        1,
        0.8,
        5,
        None,
        2,
    ),
    "mm-imdb": (("image", "text"), 768, 1e-3, 1e-2, 0.2, 0.5, 0.8, 4, 5, 1),
}
PUBLISHED = sorted(TABLE)
NOISE = NoiseAugmentation(noise=0.1, noise_probability=0.5, drop=0.0, drop_probability=0.5)
NOISE_AND_DROP = NOISE.model_copy(update={"drop": 0.8})
STEPS = SequenceTransformerSettings(width=40, layers=5, heads=5, feed_forward=2048)
VIEWS = {  # augmentation and encoder of each modality
    "trifeature-ru": {name: (SimclrAugmentation(), AlexnetSettings()) for name in ("image1", "image2")},
    "mosi": dict.fromkeys(("vision", "text"), (NOISE_AND_DROP, STEPS)),
    "ur-funny": dict.fromkeys(("vision", "text"), (NOISE_AND_DROP, STEPS)),
    "mustard": dict.fromkeys(("vision", "text"), (NOISE_AND_DROP, STEPS)),
    "ur-funny-trimodal": dict.fromkeys(("vision", "text", "audio"), (NOISE_AND_DROP, STEPS)),
    "mimic": {
        "tabular": (NOISE, TabularSettings(hidden=(10,), features=10, width=512)),
        "time_series": (NOISE_AND_DROP, GruSettings(width=512)),
    },
    "vision-touch-contact": {
        "image": (SimclrAugmentation(), Resnet18Settings()),
        "proprioception": (NOISE, ProprioceptionSettings(width=512)),
    },
    "vision-touch-position": {
        "image": (SimclrAugmentation(), Resnet18Settings()),
        "force": (NOISE_AND_DROP, ForceSettings(width=128)),
    },
    "vision-touch-contact-trimodal": {
        "image": (SimclrAugmentation(), Resnet18Settings()),
        "force": (NOISE_AND_DROP, ForceSettings(width=512)),
        "proprioception": (NOISE, ProprioceptionSettings(width=512)),
    },
}
VIEWS["trifeature-synergy"] = VIEWS["trifeature-ru"]
FILES = {
    "mosi": affect_file,
    "ur_funny": affect_file,
    "mustard": affect_file,
    "mimic": mimic_file,
    "vision_touch": episodes,
}


@pytest.mark.parametrize("preset", PUBLISHED)
def test_infmasking_has_the_papers_settings(preset):
    settings = load_preset(preset).experiment("infmasking", 0)
    own, training = settings.objective, settings.training
    weights = own.term_weights and own.term_weights[-1]
    assert own.term_weights in (None, (1.0, 1.0, 1.0, 1.0, 5.0))
    assert TABLE[preset] == (
        tuple(settings.data.modality_kinds),
        settings.fusion.width,
        training.learning_rate,
        training.weight_decay,
        own.temperature,
        own.variance_weight,
        own.mask_ratio,
        own.masks,
        weights,
        settings.fusion.layers,
    )
    assert (settings.fusion.heads, training.batch_size) == (8, 64)
    assert training.epochs == (70 if preset == "mm-imdb" else 100)
    assert training.patience == (10 if preset.startswith("trifeature") else 0)
    assert (own.projection.hidden, own.projection.width, own.uniformity_weight, own.cross_views) == (
        512,
        256,
        0.0,
        False,
    )
    assert (training.precision, training.accumulation, training.clip_norm) == ("fp32", 1, 0.0)
    rates = (training.schedule, training.warmup_epochs, training.warmup_start, training.final_learning_rate)
    assert rates == (("cosine", 10, 1e-6, 1e-6) if preset == "mm-imdb" else ("constant", 0, 1e-6, 0.0))


def test_trifeature_is_biased_for_synergy_alone():
    assert load_preset("trifeature-synergy").common["data"] == {"name": "trifeature", "biased": True}
    assert load_preset("trifeature-ru").common["data"] == {"name": "trifeature", "biased": False}
    standard = TrifeatureSettings()
    assert (standard.image_size, standard.pairs) == (224, 10_000)


@pytest.mark.parametrize(
    ("preset", "task"),
    [("mimic", 7), ("vision-touch-contact", "contact_next"), ("vision-touch-position", "ee_yaw_next")],
)
def test_the_task_is_the_papers(preset, task):
    assert load_preset(preset).experiment("infmasking", 0).data.task == task


@pytest.mark.parametrize("preset", sorted(VIEWS))
def test_augmentations_and_encoders_are_the_papers(tmp_path, preset):
    settings = load_preset(preset).experiment("infmasking", 0)
    if settings.data.name == "trifeature":
        modalities = [modality(name, "image", (3, 224, 224)) for name in settings.data.modality_kinds]
    else:
        FILES[settings.data.name](settings.data.location(tmp_path))
        modalities = load_dataset(settings.data, tmp_path).modalities
    plan = view_plan(settings, modalities)
    found = {
        m.name: (plan.augmentations[m.name], settings.encoders.get(m.name, m.encoder)) for m in modalities
    }
    assert found == VIEWS[preset]
    assert plan.shared == (settings.data.name in ("mosi", "ur_funny", "mustard"))


def test_mm_imdb_masks_tokens_and_its_models_stay_frozen():
    settings = load_preset("mm-imdb").experiment("infmasking", 0)
    assert settings.augmentations == {
        "image": SimclrAugmentation(),
        "text": TokenMaskingAugmentation(probability=0.15),
    }
    assert settings.encoders == {}  # the data set's: frozen, see the tests of its encoders


METHODS = {
    "trifeature-ru": {"infmasking", "comm", "mae", "factorcl", "cross_self", "cross"},
    "trifeature-synergy": {"infmasking", "comm", "mae", "factorcl", "cross_self", "cross"},
    "mosi": {"infmasking", "comm", "factorcl", "cross_self", "cross"},
    "ur-funny": {"infmasking", "comm", "factorcl", "cross_self", "cross"},
    "mustard": {"infmasking", "comm", "factorcl", "cross_self", "cross"},
    "mimic": {"infmasking", "comm", "factorcl", "cross_self", "cross"},
    "vision-touch-position": {"infmasking", "comm", "factorcl", "cross_self", "cross"},
    "vision-touch-contact": {"infmasking", "comm", "cross_self", "cross"},
    "vision-touch-contact-trimodal": {"infmasking", "comm", "cmc"},
    "ur-funny-trimodal": {"infmasking", "comm", "cmc"},
    "mm-imdb": {"infmasking", "comm", "slip", "simclr", "cross"},
}


def test_every_published_table_has_a_preset_with_its_methods():
    assert {
        name: set(load_preset(name).methods) for name in preset_names() if load_preset(name).published
    } == METHODS


# rate, weight decay and τ of CoMM, Cross+Self, SimCLR, SLIP and CMC, from the settings files of the CoMM
# paper (arXiv 2409.07402)
BASELINES = {
    "trifeature-ru": (3e-4, 1e-4),
    "trifeature-synergy": (3e-4, 1e-4),
    "mosi": (1e-3, 1e-2),
    "ur-funny": (1e-3, 1e-2),
    "mustard": (1e-3, 1e-2),
    "mimic": (1e-3, 1e-2),
    "vision-touch-contact": (1e-3, 1e-2),
    "vision-touch-position": (1e-3, 1e-2),
    "ur-funny-trimodal": (1e-4, 1e-2),
    "vision-touch-contact-trimodal": (1e-4, 1e-2),
    "mm-imdb": (1e-4, 1e-2),
}


@pytest.mark.parametrize("preset", PUBLISHED)
def test_baselines_have_the_comm_papers_settings(preset):
    for method in METHODS[preset] - {"infmasking"}:
        settings = load_preset(preset).experiment(method, 0)
        rate = 1e-3 if method == "factorcl" else BASELINES[preset][0]
        assert (settings.training.learning_rate, settings.training.weight_decay) == (
            rate,
            BASELINES[preset][1],
        )
        assert (settings.training.batch_size, settings.fusion.layers) == (
            64,
            settings.fusion.layers if method == "cmc" else 1,
        )
        own = settings.objective
        assert getattr(own, "temperature", 0.1) == 0.1
        if hasattr(own, "head_width"):
            assert (own.hidden, own.head_width) == (4096 if preset == "mm-imdb" else 1024, 256)
    widths = {
        ("vision-touch-position", "cross"): 128,
        ("ur-funny-trimodal", "cmc"): 13,
        ("mm-imdb", "cross"): 512,
    }
    for method in METHODS[preset] & {"cross", "cmc"}:
        own = load_preset(preset).experiment(method, 0).objective
        assert own.width == widths.get((preset, method), 256)


def test_mm_imdbs_baselines_train_their_encoders():
    encoders = {
        method: load_preset("mm-imdb").experiment(method, 0).encoders
        for method in ("cross", "slip", "simclr")
    }
    assert encoders["cross"] == {
        "image": ClipVisionSettings(frozen=False),
        "text": ClipTextSettings(frozen=False),
    }
    assert encoders["slip"] == {"image": Resnet18Settings(), "text": ClipTextSettings(frozen=False)}
    assert encoders["simclr"] == {"image": Resnet18Settings()}
