"""Small files of exactly the formats in which the benchmarks are published, with made-up content that can be
learned."""

import json
import pickle

import h5py
import numpy as np
from PIL import Image

AFFECT_WIDTHS = {"vision": 20, "audio": 5, "text": 30}


def affect_part(n, seed, steps=12, dtype=np.float64):
    """One part of an affect pickle: left-padded sequences, one sample without text, −inf in the audio, labels
    −3 to 3."""
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
    """Writes one episode of Vision&Touch: contact comes and goes and shows in image, force and state of the
    step before."""
    draw = np.random.default_rng(seed)
    contact = draw.integers(0, 2, (steps, 50)) * draw.integers(0, 2, (steps, 1))
    following = np.append(contact.any(1)[1:], False)
    image = draw.integers(0, 120, (steps, side, side, 3)) + 120 * following[:, None, None, None]
    state = draw.standard_normal((steps, 10)).cumsum(0) / 4
    state[:, 7] = 3 * following
    force = draw.standard_normal((steps, 50, 6)) + 2 * following[:, None, None]
    content = {
        "image": (image.transpose(0, 3, 1, 2) if channels_first else image).astype(np.uint8),
        "proprio": state,
    }
    content |= {"ee_forces_continuous": force, "contact": contact.astype(bool), "action": state[:, :4]}
    if change is not None:
        change(content)
    file.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(file, "w") as opened:
        for name, values in content.items():
            opened.create_dataset(name, data=values, compression="gzip", chunks=(1, *values.shape[1:]))
    return content


def episodes(folder, count=12, **options):
    """Writes a folder of episodes, the odd ones with images channel-first; returns their content by file
    name."""
    names = [f"triangle_{number}_1000.h5" for number in range(count)]
    return {
        name: episode_file(folder / name, n, channels_first=n % 2 == 1, **options)
        for n, name in enumerate(names)
    }


def tiny_models(home):
    """A randomly drawn CLIP for images of 32 px, and a DistilBERT with a tokenizer, in the folders where a
    data set looks."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    texts = sizes | {
        "vocab_size": 40,
        "max_position_embeddings": 24,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    clip = transformers.CLIPConfig(
        text_config=texts, vision_config=sizes | {"image_size": 32, "patch_size": 16}, projection_dim=8
    )
    transformers.CLIPModel(clip).save_pretrained(home / "models" / "clip-vit-base-patch32")
    bert = transformers.DistilBertConfig(
        vocab_size=40, dim=16, hidden_dim=32, n_layers=2, n_heads=2, max_position_embeddings=24
    )
    folder = home / "models" / "clip-ViT-B-32-multilingual-v1"
    transformers.DistilBertModel(bert).save_pretrained(folder)
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *WORDS]
    tokenizer = Tokenizer(
        models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    names = {
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
    }
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)


WORDS = [f"word{i}" for i in range(30)]


def picture(file, flag, draw, side=(40, 48)):
    """A noisy image that is bright where the flag is set."""
    pixels = draw.integers(0, 120, (*side, 3)) + 120 * flag
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(file)


def mm_imdb_folder(folder, sizes=(48, 20, 24)):
    """Writes MM-IMDb: films whose picture and plot tell drama, and whose plot tells comedy."""
    draw = np.random.default_rng(3)
    split, number = {}, 0
    for part, n in zip(("train", "dev", "test"), sizes, strict=True):
        split[part] = []
        for _ in range(n):
            film, (drama, comedy) = f"{number:07}", draw.integers(0, 2, 2)
            number += 1
            split[part].append(film)
            words = [WORDS[i] for i in draw.integers(0, 8, 6) + 8 * drama + 14 * comedy]
            content = {"plot": [" ".join(words), " ".join(reversed(words))], "title": "A film", "year": 1999}
            content["genres"] = ["Drama"] * int(drama) + ["Comedy"] * int(comedy) + ["Sci-Fi", "News"]
            picture(folder / "dataset" / f"{film}.jpeg", drama, draw)
            (folder / "dataset" / f"{film}.json").write_text(json.dumps(content))
    (folder / "split.json").write_text(json.dumps(split))
    return split


def hateful_memes_folder(folder, sizes=(60, 24)):
    """Writes Hateful Memes: hateful where picture and words do not agree."""
    draw = np.random.default_rng(4)
    for name, n in zip(("train", "dev"), sizes, strict=True):
        lines = []
        for number in range(n):
            bright, loud = draw.integers(0, 2, 2)
            picture(folder / "img" / f"{name}{number}.png", bright, draw)
            words = " ".join(WORDS[i] for i in draw.integers(0, 10, 5) + 15 * loud)
            lines.append(
                json.dumps(
                    {
                        "id": number,
                        "img": f"img/{name}{number}.png",
                        "label": int(bright != loud),
                        "text": words,
                    }
                )
            )
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
