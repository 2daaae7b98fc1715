"""ResNet-18 (He et al., 2016) without its pooling and classifier: images become feature maps of width 512."""

import torch
from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens, feature_map
from engine.gathering import mean_over_processes, process_count
from engine.settings.encoder import Resnet18Settings

WIDTHS = (64, 128, 256, 512)
SMALLEST_SIDE = 33
"""From here on the last feature map has more than one cell."""


class SyncedBatchNorm(nn.BatchNorm2d):
    """BatchNorm with the statistics of all processes' batches; the two augmented views of a batch count as
    one batch."""

    def forward(self, images: Tensor) -> Tensor:
        """(b, c, h, w), normalised with the statistics of all processes' images in training, else with the
        running ones."""
        if not self.training or process_count() == 1:
            return super().forward(images)
        assert (
            self.running_mean is not None
            and self.running_var is not None
            and self.num_batches_tracked is not None
        )
        values = images.to(self.weight.dtype)  # statistics are not taken in half precision
        mean = mean_over_processes(values.mean((0, 2, 3), keepdim=True))
        centred = values - mean
        variance = mean_over_processes(centred.square().mean((0, 2, 3), keepdim=True))
        count = values.numel() // values.shape[1] * process_count()
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean.flatten(), self.momentum or 0.0)
            self.running_var.lerp_(variance.flatten() * count / (count - 1), self.momentum or 0.0)
        scale = self.weight[:, None, None] * (variance + self.eps).rsqrt()
        return centred * scale + self.bias[:, None, None]


class Block(nn.Module):
    """Two 3 × 3 convolutions beside a shortcut, which is a 1 × 1 convolution where the shape changes."""

    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
            SyncedBatchNorm(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            SyncedBatchNorm(after),
        )
        changes = stride != 1 or before != after
        self.shortcut: nn.Module = (
            nn.Sequential(nn.Conv2d(before, after, 1, stride=stride, bias=False), SyncedBatchNorm(after))
            if changes
            else nn.Identity()
        )

    def forward(self, images: Tensor) -> Tensor:
        return torch.relu(self.layers(images) + self.shortcut(images))


class Resnet18(Encoder):
    """Images (b, c, h, w) → feature map tokens of width 512; 128 px give 4 × 4."""

    width = WIDTHS[-1]

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.grid = (-(-height // 32), -(-width // 32))
        layers: list[nn.Module] = [
            nn.Conv2d(channels, WIDTHS[0], 7, stride=2, padding=3, bias=False),
            SyncedBatchNorm(WIDTHS[0]),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        for before, after in zip((WIDTHS[0], *WIDTHS[:-1]), WIDTHS, strict=True):
            layers += [Block(before, after, 1 if before == after else 2), Block(after, after, 1)]
        self.layers = nn.Sequential(*layers)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, samples: Samples) -> Tokens:
        return feature_map(self.layers(samples.values))


def build(settings: Resnet18Settings, modality: Modality) -> Resnet18:
    """The encoder; raises `EncoderError` for images under 33 px."""
    channels, height, width = modality.shape
    if min(height, width) < SMALLEST_SIDE:
        raise EncoderError(
            f"resnet18 needs images of at least {SMALLEST_SIDE} px a side; "
            f"'{modality.name}' has {height} × {width}: use small_cnn"
        )
    return Resnet18(channels, height, width)
