"""Small files of exactly the formats in which the benchmarks are published, with made-up content that can be learned."""

import pickle

import h5py
import numpy as np

AFFECT_WIDTHS = {"vision": 20, "audio": 5, "text": 30}


def affect_part(n, seed, steps=12, dtype=np.float64):
    """One part of an affect pickle: left-padded sequences, one sample without text, −inf in the audio, labels −3 to 3."""
    draw = np.random.default_rng(seed)
    flag = draw.integers(0, 2, n)
    flag[:2] = 0, 1
    starts = draw.integers(0, steps - 3, n)
    part = {}
    for name, width in AFFECT_WIDTHS.items():
        values = draw.standard_normal((n, steps, width)) + 2 * flag[:, None, None] * (np.arange(width) < 3)
        values[np.arange(steps) < starts[:, None]] = 0
        part[name] = values.astype(dtype)
    part["text"][n - 1] = 0
    part["audio"][0, -1, 0] = -np.inf
    part["labels"] = np.where(flag, draw.uniform(0.2, 3, n), -draw.uniform(0, 3, n)).reshape(n, 1, 1)
    part["id"] = np.array([[f"video{i}", 0.5, 1.5] for i in range(n)], dtype=object)
    return part


def affect_file(file, sizes=(90, 24, 30), change=None, **options):
    """Writes an affect pickle; `change` may spoil its content first."""
    content = {
        part: affect_part(n, seed, **options)
        for seed, (part, n) in enumerate(zip(("train", "valid", "test"), sizes, strict=True))
    }
    if change is not None:
        change(content)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(content))
    return content


def mimic_file(file, n=240, change=None):
    """Writes `im.pk` with infinite and missing values; ICD-9 group 7 and mortality follow the features."""
    draw = np.random.default_rng(5)
    flag, level = draw.integers(0, 2, n), draw.integers(0, 6, n)
    series = draw.standard_normal((n, 24, 12)) + 2.0 * flag[:, None, None]
    table = draw.standard_normal((n, 5)) + 3.0 * (np.arange(5) == level[:, None])
    series[3, 5, 2], series[4, 0, 0], table[6, 1] = np.inf, np.nan, -np.inf
    mortality = np.zeros((n, 7))
    mortality[np.arange(n)[level > 0], level[level > 0]] = 1
    mortality[level > 0, 5] = 1
    groups = draw.integers(0, 2, (n, 20))
    groups[:, 7] = flag
    content = {"ep_tdata": series, "adm_features_all": table, "adm_labels_all": mortality, "y_icd9": groups}
    content["names"] = np.array([None] * n, dtype=object)
    if change is not None:
        change(content)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(content))
    return content


def episode_file(file, seed, steps=14, side=40, channels_first=False, change=None):
    """Writes one episode of Vision&Touch: contact comes and goes and shows in image, force and state of the step before."""
    draw = np.random.default_rng(seed)
    contact = draw.integers(0, 2, (steps, 50)) * draw.integers(0, 2, (steps, 1))
    following = np.append(contact.any(1)[1:], False)
    image = draw.integers(0, 120, (steps, side, side, 3)) + 120 * following[:, None, None, None]
    state = draw.standard_normal((steps, 10)).cumsum(0) / 4
    state[:, 7] = 3 * following
    force = draw.standard_normal((steps, 50, 6)) + 2 * following[:, None, None]
    content = {"image": (image.transpose(0, 3, 1, 2) if channels_first else image).astype(np.uint8), "proprio": state}
    content |= {"ee_forces_continuous": force, "contact": contact.astype(bool), "action": state[:, :4]}
    if change is not None:
        change(content)
    file.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(file, "w") as opened:
        for name, values in content.items():
            opened.create_dataset(name, data=values, compression="gzip", chunks=(1, *values.shape[1:]))
    return content


def episodes(folder, count=12, **options):
    """Writes a folder of episodes, the odd ones with images channel-first; returns their content by file name."""
    names = [f"triangle_{number}_1000.h5" for number in range(count)]
    return {name: episode_file(folder / name, n, channels_first=n % 2 == 1, **options) for n, name in enumerate(names)}
