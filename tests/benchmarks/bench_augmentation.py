"""Time of the batched SimCLR pipeline against Pillow's, an image at a time, on one CPU thread and the same
images.

`python tests/benchmarks/bench_augmentation.py` prints both in ms an image and their ratio, which is what to
compare between machines.
"""

import argparse
import math
import random
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter

from engine.augmentation import IMAGENET_MEAN, IMAGENET_STD
from engine.augmentations.simclr import simclr
from engine.randomness import torch_generator
from engine.settings.augmentation import SimclrAugmentation


def pillow_pipeline(image: Image.Image, dice: random.Random) -> torch.Tensor:
    """SimCLR's pipeline as it is written with Pillow: crop, flip, jitter, grey, blur, normalise → (3, h, w)
    float32."""
    image = random_resized_crop(image, dice)
    if dice.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if dice.random() < 0.8:
        operations = [
            lambda i: ImageEnhance.Brightness(i).enhance(dice.uniform(0.6, 1.4)),
            lambda i: ImageEnhance.Contrast(i).enhance(dice.uniform(0.6, 1.4)),
            lambda i: ImageEnhance.Color(i).enhance(dice.uniform(0.6, 1.4)),
            lambda i: shift_hue(i, dice.uniform(-0.1, 0.1)),
        ]
        dice.shuffle(operations)
        for operation in operations:
            image = operation(image)
    if dice.random() < 0.2:
        image = image.convert("L").convert("RGB")
    if dice.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(dice.uniform(0.1, 2.0)))
    values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div_(255)
    mean, std = torch.tensor(IMAGENET_MEAN)[:, None, None], torch.tensor(IMAGENET_STD)[:, None, None]
    return values.sub_(mean).div_(std)


def random_resized_crop(image: Image.Image, dice: random.Random) -> Image.Image:
    """A box of .08 to 1 of the area and 3/4 to 4/3 in aspect, resized to the whole."""
    width, height = image.size
    for _ in range(10):
        area = dice.uniform(0.08, 1.0) * width * height
        aspect = math.exp(dice.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            left, top = dice.randint(0, width - w), dice.randint(0, height - h)
            return image.resize(image.size, Image.Resampling.BILINEAR, (left, top, left + w, top + h))
    return image


def shift_hue(image: Image.Image, turns: float) -> Image.Image:
    """HSV hue turned by `turns`, wrapping around."""
    hue, saturation, value = image.convert("HSV").split()
    turned = Image.fromarray(np.array(hue) + np.uint8(round(turns * 255) % 256))
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")


def milliseconds(work: Callable[[], object], images: int, repeats: int) -> float:
    """Median processor time of `work`, in ms an image."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times) / images * 1e3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    generator = torch_generator(0, "bench")
    shape = (options.batch, 3, options.side, options.side)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]
    dice = random.Random(0)
    pillow = milliseconds(
        lambda: torch.stack([pillow_pipeline(p, dice) for p in pictures]), options.batch, options.repeats
    )
    ours = milliseconds(
        lambda: simclr(images, SimclrAugmentation(), generator), options.batch, options.repeats
    )
    print(
        f"{options.side} px, batch {options.batch}, one thread: Pillow {pillow:.2f}, batched {ours:.2f} ms "
        "an image"
    )
    print(f"ratio batched / Pillow: {ours / pillow:.2f}")


if __name__ == "__main__":
    main()
