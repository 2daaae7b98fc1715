"""Vision&Touch from a folder of its format: samples, targets, split, whole runs of its presets, hostile and
broken files."""

import h5py
import numpy as np
import pytest
import torch
from peak_memory import run_python
from preset_runs import run_and_resume, settings_of
from published_samples import episode_file, episodes

from engine.dataset import load_dataset
from engine.datasets.multibench.episodes import episode_files, read_episode
from engine.datasets.vision_touch import split_episodes
from engine.errors import DatasetError
from engine.files.presence import presence_of
from engine.settings.published_dataset import VisionTouchSettings

ALL = ("image", "force", "proprioception")
SMALL = {"fusion.width": 16, "fusion.heads": 2}


def test_samples_are_steps_with_a_next_one(tmp_path):
    content = episodes(VisionTouchSettings().location(tmp_path))
    names = sorted(content)
    contact = load_dataset(VisionTouchSettings(modalities=ALL), tmp_path)
    place = load_dataset(VisionTouchSettings(modalities=ALL, task="ee_yaw_next"), tmp_path)
    order = np.random.default_rng(42).permutation(12)
    seen = set()
    assert contact.is_split_given
    for part in ("probe_train", "probe_validation", "probe_test"):
        split = getattr(contact, part)
        rows = split.rows["image"]
        torch.testing.assert_close(rows, getattr(place, part).rows["image"])
        shuffled = torch.randperm(len(split), generator=torch.Generator().manual_seed(0))
        batch = split.batch(shuffled)
        for at, index in enumerate(shuffled.tolist()):
            episode, step = divmod(int(rows[index]), 13)
            published = content[names[episode]]
            image = published["image"][step]
            image = image if image.shape[0] == 3 else image.transpose(2, 0, 1)
            np.testing.assert_array_equal(batch["image"].values[at].numpy(), image)
            np.testing.assert_allclose(
                batch["force"].values[at], np.tanh(published["ee_forces_continuous"][step, -32:]), rtol=1e-5
            )
            np.testing.assert_allclose(
                batch["proprioception"].values[at], published["proprio"][step, :8], rtol=1e-5
            )
            assert split.labels["contact_next"][index] == published["contact"][step + 1].any()
            following = published["proprio"][step + 1, :4]
            np.testing.assert_allclose(
                getattr(place, part).labels["ee_yaw_next"][index], following, rtol=1e-5
            )
            seen.add((part, episode))
    assert {episode for part, episode in seen if part == "probe_test"} == set(order[9:].tolist())
    assert len(seen) == 12  # no episode is in two parts


def test_validation_episodes_follow_the_seed_and_the_test_does_not():
    first, second = (split_episodes(VisionTouchSettings(seed=seed), 100) for seed in (0, 1))
    assert first[2] == second[2] and len(first[2]) == 20
    assert first[1] != second[1] and len(first[1]) == 8


@pytest.mark.parametrize(
    ("preset", "modalities"),
    [("vision-touch-contact", 2), ("vision-touch-contact-trimodal", 3), ("vision-touch-position", 2)],
)
def test_presets_run_end_to_end(tmp_path, preset, modalities):
    episodes(VisionTouchSettings().location(tmp_path), steps=10, side=33)
    narrow = {"encoders": {name: {"name": name, "width": 16} for name in ("force", "proprioception")}}
    settings = settings_of(preset, changes=SMALL)
    used = {name: narrow["encoders"][name] for name in settings.data.modalities if name != "image"}
    settings = settings_of(preset, changes=SMALL | {"encoders": used})
    (result,) = run_and_resume(settings, tmp_path)
    assert len(settings.data.modalities) == modalities
    if preset == "vision-touch-position":
        assert (result["task"], result["metric"]) == ("ee_yaw_next", "mse")
        assert 0 < result["value"] < 5
    else:
        assert (result["task"], result["metric"]) == ("contact_next", "accuracy")
        assert result["value"] > 0.7
    assert result["facts"]["n_test"] == 3 * 9


@pytest.mark.parametrize("method", ["comm", "factorcl", "cross", "cross_self"])
def test_baselines_run(tmp_path, method):
    episodes(VisionTouchSettings().location(tmp_path), count=8, steps=10, side=33)
    changes = SMALL | {
        "encoders": {"proprioception": {"name": "proprioception", "width": 16}},
        "training.epochs": 1,
    }
    assert (
        run_and_resume(settings_of("vision-touch-contact", method, changes), tmp_path, stop=1)[0]["value"]
        >= 0
    )


def test_images_stay_on_disk_and_few_files_stay_open(tmp_path):
    settings = VisionTouchSettings()
    episodes(settings.location(tmp_path), count=40, steps=3, side=33)
    images = load_dataset(settings, tmp_path).train.items["image"]
    assert len(images) == 80
    assert images[torch.arange(80)].shape == (80, 3, 33, 33)
    assert len(images._open) == 32


def without(name):
    return lambda content: content.pop(name)


def replaced(name, values):
    return lambda content: content.update({name: values})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("contact"), "a.h5 has no 'contact'; it has action, ee_forces_continuous, image, proprio"),
        (
            replaced("image", np.zeros((14, 40, 40, 4), np.uint8)),
            "'image' has the shape (14, 40, 40, 4) of uint8",
        ),
        (replaced("image", np.zeros((14, 40, 40, 3))), "'image' has the shape (14, 40, 40, 3) of float64"),
        (replaced("image", np.zeros((1, 40, 40, 3), np.uint8)), "2 to 10,000 steps of at most 1024 px"),
        (replaced("ee_forces_continuous", np.zeros((14, 31, 6))), "expected is (14, 32 or more, 6)"),
        (replaced("proprio", np.zeros((13, 8))), "expected is (14, 8 or more)"),
        (replaced("proprio", np.full((14, 8), np.nan)), "'proprio' has NaN in row 0"),
        (replaced("contact", np.array([b"yes"] * 14)), "'contact' holds |S3; numbers are expected"),
    ],
)
def test_wrong_shapes_are_refused_in_one_line(tmp_path, change, message):
    episode_file(tmp_path / "a.h5", 0, change=change)
    with pytest.raises(DatasetError) as caught:
        read_episode(tmp_path / "a.h5", 10**9)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_files_that_reach_elsewhere_are_refused(tmp_path):
    def remade(name, make):
        episode_file(tmp_path / "a.h5", 0)
        with h5py.File(tmp_path / "a.h5", "a") as file:
            del file[name]
            make(file)

    (tmp_path / "secret").write_bytes(bytes(14 * 10 * 8))
    virtual = h5py.VirtualLayout((14, 10), "f8")
    virtual[:] = h5py.VirtualSource(tmp_path / "other.h5", "proprio", (14, 10))
    for make, message in (
        (
            lambda f: f.update({"proprio": h5py.ExternalLink(tmp_path / "other.h5", "/proprio")}),
            "is a link to elsewhere",
        ),
        (lambda f: f.update({"proprio": h5py.SoftLink("/action")}), "is a link to elsewhere"),
        (lambda f: f.create_group("proprio"), "is a group"),
        (
            lambda f: f.create_dataset(
                "proprio", (14, 10), "f8", external=[(str(tmp_path / "secret"), 0, 1120)]
            ),
            "is kept in another file",
        ),
        (lambda f: f.create_virtual_dataset("proprio", virtual), "is kept in another file"),
        (
            lambda f: f.create_dataset("proprio", (14, 10**8), "f8", chunks=(1, 10**8)),
            "pieces of (1, 100000000)",
        ),
    ):
        remade("proprio", make)
        with pytest.raises(DatasetError, match=r"a\.h5: 'proprio' ") as caught:
            read_episode(tmp_path / "a.h5", 10**9)
        assert message in str(caught.value)


def test_links_out_of_the_folder_are_refused(tmp_path):
    episode_file(tmp_path / "elsewhere.h5", 0)
    folder = tmp_path / "folder"
    episode_file(folder / "b.h5", 0)
    assert episode_files(folder) == [folder / "b.h5"]
    (folder / "inside.h5").symlink_to(folder / "b.h5")
    assert len(episode_files(folder)) == 2
    (folder / "c.h5").symlink_to(tmp_path / "elsewhere.h5")
    with pytest.raises(DatasetError, match=r"c\.h5 leads out of"):
        episode_files(folder)


def test_truncated_files_are_refused_in_one_line(tmp_path):
    episode_file(tmp_path / "whole.h5", 0)
    content = (tmp_path / "whole.h5").read_bytes()
    for cut in (0, 7, 100, 1000, len(content) // 2, len(content) - 100):
        (tmp_path / "cut.h5").write_bytes(content[:cut])
        with pytest.raises(DatasetError, match=r"^cut\.h5 is no whole HDF5 file: [^\n]*$"):
            read_episode(tmp_path / "cut.h5", 10**9)
    with pytest.raises(DatasetError, match="1e-09 GB are allowed"):
        read_episode(tmp_path / "whole.h5", 1)


def test_a_bomb_of_zeros_is_refused_in_bounded_memory(tmp_path):
    """A file of a few kilobytes that unfolds to 80 GB."""
    episode_file(tmp_path / "a.h5", 0)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["ee_forces_continuous"], file["contact"]
        file.create_dataset(
            "ee_forces_continuous", (14, 10**8, 6), "f8", chunks=(1, 10**5, 6), compression="gzip"
        )
        file.create_dataset("contact", (14, 10**9), "u1", chunks=(1, 10**6), compression="gzip")
    code = """
import sys
from pathlib import Path
from peak_memory import peak_kib
import torch, h5py
from engine.datasets.multibench.episodes import read_episode
from engine.errors import DatasetError
before = peak_kib()
try:
    read_episode(Path(sys.argv[1]), 10**9)
except DatasetError as error:
    print(error)
print(peak_kib() - before)
"""
    line, grown = run_python(code, tmp_path / "a.h5")
    assert "'contact' has the shape (14, 1000000000)" in line
    assert int(grown) < 100 * 1024


def test_contacts_of_all_steps_together_are_bounded(tmp_path):
    """Each within its own bound, 10,000 steps of 10,000 contacts in eight bytes would take 800 MB."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, shape, kind in (
            ("image", (10_000, 8, 8, 3), "u1"),
            ("ee_forces_continuous", (10_000, 32, 6), "f8"),
            ("proprio", (10_000, 8), "f8"),
            ("contact", (10_000, 10_000), "f8"),
        ):
            file.create_dataset(name, shape, kind)
    assert (tmp_path / "a.h5").stat().st_size < 10_000
    with pytest.raises(DatasetError, match=r"'contact' has the shape .* expected is \(10000, up to 2,000\)"):
        read_episode(tmp_path / "a.h5", 10**9)


def test_a_file_cut_while_training_is_told(tmp_path):
    settings = VisionTouchSettings()
    episodes(settings.location(tmp_path), count=5)
    dataset = load_dataset(settings, tmp_path)
    for file in settings.location(tmp_path).iterdir():
        file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(DatasetError, match="is no whole HDF5 file"):
        dataset.train.batch(torch.arange(5))


def test_the_folder_is_looked_at(tmp_path):
    settings = VisionTouchSettings()
    folder = settings.location(tmp_path)
    with pytest.raises(DatasetError, match=r"there is no .*triangle_real_data\. Stanford publishes it"):
        load_dataset(settings, tmp_path)
    folder.mkdir(parents=True)
    assert presence_of(settings, tmp_path).files[0].problem == "holds no .h5 files"
    episodes(folder, count=3)
    presence = presence_of(settings, tmp_path)
    assert presence.is_ready and presence.files[0].holds == "3 episodes, one .h5 file each"
    with pytest.raises(DatasetError, match="there are 3 episodes; at least 5 are needed"):
        load_dataset(settings, tmp_path)
    (folder / "bad.h5").write_bytes(b"hello")
    assert (
        presence_of(settings, tmp_path).files[0].problem
        == "1 of 4 files are no HDF5 files, the first is bad.h5"
    )
