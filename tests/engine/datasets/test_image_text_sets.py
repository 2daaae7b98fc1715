"""MM-IMDb and Hateful Memes from folders of their formats: samples, whole runs, broken images, hostile names
and JSON."""

import json

import numpy as np
import pytest
import torch
from peak_memory import run_python
from PIL import Image
from preset_runs import run_and_resume, settings_of
from published_samples import hateful_memes_folder, mm_imdb_folder, tiny_models

from engine.dataset import load_dataset
from engine.datasets.hateful_memes import records_of
from engine.datasets.image_text.images import confined, read_image
from engine.datasets.mm_imdb import GENRES
from engine.errors import DatasetError
from engine.files.presence import presence_of
from engine.settings.published_dataset import HatefulMemesSettings, MmImdbSettings

SMALL = {"fusion.width": 16, "fusion.heads": 2, "data.image_size": 32, "data.text_tokens": 16}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    tiny_models(home)
    return home / "models"


@pytest.fixture
def home(tmp_path, models):
    (tmp_path / "models").symlink_to(models)
    mm_imdb_folder(MmImdbSettings().location(tmp_path))
    hateful_memes_folder(HatefulMemesSettings().location(tmp_path))
    return tmp_path


def films(**options):
    return MmImdbSettings(image_size=32, text_tokens=16, **options)


def memes(**options):
    return HatefulMemesSettings(image_size=32, text_tokens=16, **options)


def test_films_are_posters_plots_and_genres(home):
    dataset = load_dataset(films(), home)
    folder = MmImdbSettings().location(home)
    split = json.loads((folder / "split.json").read_text())
    assert [len(getattr(dataset, name)) for name in ("train", "probe_validation", "probe_test")] == [
        48,
        20,
        24,
    ]
    batch = dataset.probe_test.batch(torch.arange(24))
    assert batch["image"].values.shape == (24, 3, 32, 32) and batch["image"].values.dtype == torch.uint8
    assert batch["text"].values.shape == (24, 8) and batch["text"].values.dtype == torch.int64
    assert (batch["text"].values[:, 0] == 1).all() and (batch["text"].values[:, -1] == 2).all()
    for row, film in enumerate(split["test"]):
        genres = json.loads((folder / "dataset" / f"{film}.json").read_text())["genres"]
        told = [GENRES[i] for i in dataset.probe_test.labels["genres"][row].nonzero().flatten()]
        assert sorted(told) == sorted(genre.lower() for genre in genres if genre != "News")
        bright = batch["image"].values[row].float().mean() > 120
        assert bright == ("drama" in told)
    assert len(GENRES) == 23


def test_one_of_several_plots_is_drawn_by_the_seed(home):
    first, again, other = (load_dataset(films(seed=seed), home).train.items["text"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_mm_imdb_runs_end_to_end(home):
    results = run_and_resume(settings_of("mm-imdb", changes=SMALL | {"training.warmup_epochs": 1}), home)
    assert {row["metric"] for row in results} == {"weighted_f1", "macro_f1"}
    assert all(0 < row["value"] <= 1 and row["facts"]["n_test"] == 24 for row in results)


@pytest.mark.parametrize("method", ["comm", "slip", "simclr", "cross"])
def test_baselines_run(home, method):
    changes = SMALL | {"training.warmup_epochs": 1}
    if method in (
        "slip",
        "simclr",
    ):  # their images go through a ResNet-18, which needs more pixels than the tiny CLIP has
        changes["data.image_size"] = 40
    assert len(run_and_resume(settings_of("mm-imdb", method, changes), home)) == 2


def test_hateful_memes_run_end_to_end(home):
    changes = SMALL | {"data.name": "hateful_memes", "training.warmup_epochs": 1, "training.batch_size": 16}
    (result,) = run_and_resume(settings_of("mm-imdb", changes=changes), home)
    assert (result["task"], result["metric"], result["facts"]["n_test"]) == ("hateful", "accuracy", 24)
    assert result["facts"]["n_train"] == 60


@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_end_at_line_feeds_alone(tmp_path, mark):
    """U+2028, U+0085 and their like are characters of a text, as JSON lets them stand."""
    texts = ["a\u2028b", "a\x85b", "a\u2029b", "plain"]
    lines = [
        json.dumps({"id": k, "img": "img/1.png", "label": k % 2, "text": text}, ensure_ascii=False)
        for k, text in enumerate(texts)
    ]
    (tmp_path / "train.jsonl").write_bytes("\r\n".join([*lines, ""]).encode(mark))
    assert [record.text for record in records_of(tmp_path, "train.jsonl")] == texts


def test_broken_and_missing_images_are_counted_and_named(home):
    images = MmImdbSettings().location(home) / "dataset"
    (images / "0000003.jpeg").unlink()
    (images / "0000007.jpeg").write_bytes(b"GIF89a" + bytes(100))
    with pytest.raises(
        DatasetError,
        match=r"2 of 48 images cannot be used: 0000003\.jpeg is missing; 0000007\.jpeg is no JPEG",
    ):
        load_dataset(films(), home)
    whole = (images / "0000009.jpeg").read_bytes()
    (images / "0000009.jpeg").write_bytes(whole[: len(whole) // 2])
    dataset = load_dataset(films(leave_out_broken=True), home)
    assert len(dataset.train) == 45
    dataset.train.batch(torch.arange(45))


def test_an_image_that_breaks_later_is_named(home):
    dataset = load_dataset(memes(), home)
    for file in (HatefulMemesSettings().location(home) / "img").iterdir():
        file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(DatasetError, match=r"train\d+\.png is broken: "):
        dataset.train.batch(torch.arange(3))


def test_the_shorter_side_is_resized_and_the_centre_kept(tmp_path):
    pixels = np.zeros((60, 120, 3), np.uint8)
    pixels[:, 30:90] = (250, 10, 10)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png", 30)
    assert image.shape == (3, 30, 30)
    assert (image[0] > 220).all() and (image[1] < 30).all()
    for mode in ("L", "P", "RGBA", "CMYK"):
        Image.new(mode, (20, 30)).save(tmp_path / f"{mode}.{'jpeg' if mode == 'CMYK' else 'png'}")
        assert read_image(next(tmp_path.glob(f"{mode}.*")), 16).shape == (3, 16, 16)


def jpeg_that_says(width, height):
    """A small JPEG whose header is changed to claim this size."""
    import io

    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    content = bytearray(buffer.getvalue())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(content)


def test_giant_images_are_refused_in_bounded_memory(home):
    images = MmImdbSettings().location(home) / "dataset"
    (images / "0000000.jpeg").write_bytes(jpeg_that_says(30_000, 30_000))
    (images / "0000001.jpeg").write_bytes(jpeg_that_says(7_100, 7_100))
    Image.new("1", (8_000, 8_000)).save(images / "0000002.jpeg", "PNG")
    code = """
import sys
from pathlib import Path
from peak_memory import peak_kib
import torch, PIL.Image
from engine.datasets.image_text.images import broken_images, read_image
before = peak_kib()
files = [Path(name) for name in sys.argv[1:]]
for decode in (False, True):
    for line in broken_images(files, 32, decode=decode).values():
        print(line)
print(peak_kib() - before)
"""
    files = [images / f"000000{i}.jpeg" for i in range(3)]
    *lines, grown = run_python(code, *files)
    assert len(lines) == 6
    assert all("pixels; at most 50 million are read" in line for line in lines)
    assert int(grown) < 100 * 1024
    with pytest.raises(DatasetError, match="3 of 48 images cannot be used"):
        load_dataset(films(), home)


def test_long_thin_images_and_packed_ones_are_refused_in_bounded_memory(tmp_path):
    """1 × 65,000 px, at a side of 224, would be made as 3.3 thousand million pixels."""
    Image.new("L", (65_000, 1)).save(tmp_path / "wide.png")
    Image.new("L", (1, 65_000)).save(tmp_path / "tall.png")
    Image.new("1", (65_000, 60)).save(tmp_path / "strip.png")
    Image.new("1", (7_000, 7_000)).save(tmp_path / "packed.png")
    code = """
import sys
from pathlib import Path
from peak_memory import peak_kib
import torch, PIL.Image
from engine.datasets.image_text.images import broken_images
before = peak_kib()
print(*broken_images([Path(name) for name in sys.argv[1:]], 224, decode=True).values(), sep="\\n")
print(peak_kib() - before)
"""
    names = ("wide.png", "tall.png", "strip.png", "packed.png")
    *lines, grown = run_python(code, *(tmp_path / name for name in names))
    assert lines == [
        "wide.png has 65,000 × 1 pixels; allowed is 100 : 1",
        "tall.png has 1 × 65,000 pixels; allowed is 100 : 1",
        "strip.png has 65,000 × 60 pixels; allowed is 100 : 1",
    ]
    assert int(grown) < 400_000, "kB: the packed one has 49 million pixels of 3 bytes, twice"


def test_a_link_that_leads_nowhere_is_confined_and_missing(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    for name in ("a.png", "n" * 250 + ".png"):
        file = confined(tmp_path, name)
        assert file is not None
        with pytest.raises(DatasetError) as caught:
            read_image(file, 8)
        assert str(caught.value).isprintable()
    assert confined(tmp_path, "../a.png") is None and confined(tmp_path, "a\0b") is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "split.json").write_text("{"), "split.json is no JSON"),
        (
            lambda f: (f / "split.json").write_text("[" * 100_000),
            "split.json is nested deeper than 64 levels",
        ),
        (lambda f: (f / "split.json").write_bytes(b"\xff\xfe\x00"), "split.json is no UTF-8 text"),
        (
            lambda f: (f / "split.json").write_text('{"train": ["0000000"], "test": []}'),
            "split.json has no 'dev'; it has test, train",
        ),
        (
            lambda f: (f / "split.json").write_text('["a"]'),
            "split.json is a list; an object with 'train' is expected",
        ),
        (
            lambda f: (f / "split.json").write_text('{"train": [1]}'),
            "'train' must be a list of texts, at least one",
        ),
        (
            lambda f: (f / "split.json").write_text('{"train": ["../../../etc/passwd"]}'),
            "leads out of the folder",
        ),
        (lambda f: (f / "split.json").write_text('{"train": ["/etc/passwd"]}'), "leads out of the folder"),
        (lambda f: (f / "split.json").write_text('{"train": ["0000000\\u0000"]}'), "leads out of the folder"),
        (
            lambda f: (f / "dataset" / "0000004.json").write_text('{"genres": ["Drama"]}'),
            "0000004.json has no 'plot'; it has genres",
        ),
        (
            lambda f: (f / "dataset" / "0000004.json").write_text('{"plot": "x", "genres": []}'),
            "'plot' is a str; a list is expected",
        ),
        (lambda f: (f / "dataset" / "0000004.json").unlink(), "0000004.json cannot be read: No such file"),
        (
            lambda f: (f / "dataset" / "0000004.json").write_text(" " * 6_000_000),
            "0000004.json has 6.0 MB; at most 5.0 are read",
        ),
    ],
)
def test_wrong_films_are_refused_in_one_line(home, spoil, message):
    spoil(MmImdbSettings().location(home))
    with pytest.raises(DatasetError) as caught:
        load_dataset(films(), home)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


GOOD = {"id": 1, "img": "img/train0.png", "text": "word1", "label": 0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"img": "../../models/x.png"},
            "train.jsonl, line 1: 'img' is '../../models/x.png', which leads out of the folder",
        ),
        ({"img": "/etc/passwd"}, "which leads out of the folder"),
        ({"img": "link.png"}, "which leads out of the folder"),
        ({"img": 5}, "'img' is a int; a str is expected"),
        ({"label": 2}, "'label' is 2; allowed are 0 and 1"),
        ({"label": True}, "'label' is a bool; a int is expected"),
        ({"text": None}, "'text' is a NoneType; a str is expected"),
    ],
)
def test_wrong_memes_are_refused_in_one_line(home, change, message):
    folder = HatefulMemesSettings().location(home)
    (home / "outside.png").write_bytes(b"x")
    (folder / "link.png").symlink_to(home / "outside.png")
    (folder / "train.jsonl").write_text(json.dumps(GOOD | change) + "\n")
    with pytest.raises(DatasetError) as caught:
        load_dataset(memes(), home)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_presence_names_images_lists_and_models(tmp_path, home):
    presence = presence_of(MmImdbSettings(), home)
    assert presence.is_ready
    assert [file.path.name for file in presence.files if file.holds == "which samples there are"] == [
        "split.json"
    ]
    assert {file.holds for file in presence.files} == {
        "which samples there are",
        "the images",
        "the image model",
        "the text model",
    }
    (MmImdbSettings().location(home) / "split.json").unlink()
    assert not presence_of(MmImdbSettings(), home).is_ready
    assert presence_of(HatefulMemesSettings(), home).is_ready
