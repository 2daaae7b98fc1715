"""Pretrained models from a Hugging Face folder on disk: offline, from safetensors, running none of the
folder's code.

`transformers` is imported inside the functions: a host that never uses these encoders needs no such package.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.dataset import Modality
from engine.encoder import EncoderError
from engine.settings.encoder import ClipTextSettings, ClipVisionSettings
from engine.settings.paths import local_path


def model_folder(settings: ClipVisionSettings | ClipTextSettings, modality: Modality) -> Path:
    """The folder that the settings name, else the data set's for this modality; raises `EncoderError` where
    neither does."""
    path = settings.path or getattr(modality.encoder, "path", None)
    if path is None:
        raise EncoderError(
            f"{settings.name} needs the path of a model's folder: the data set names none for "
            f"'{modality.name}'"
        )
    return local_path(path)


def is_augmented(modality: Modality) -> bool:
    """Whether training sees another version of a sample at every step."""
    return modality.augmentation.name != "none"


def load_model(folder: Path, choose: Callable[[Any, str], Any]) -> nn.Module:
    """The model in a folder, in eval mode, float32. Raises `EncoderError`, one line, where it is incomplete
    or no safetensors.

    choose: from the module `transformers` and the folder's model type to the class to load.
    """
    transformers = _transformers(folder)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        kind = transformers.AutoConfig.from_pretrained(folder, **options).model_type
        model, loading = choose(transformers, kind).from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, dtype=torch.float32, **options
        )
    except EncoderError:
        raise
    except Exception as error:  # safetensors' error has no base of its own
        raise EncoderError(f"{folder} holds no model that can be read: {_first_line(error)}") from None
    missing = sorted(map(str, loading["missing_keys"]))
    if missing:
        raise EncoderError(f"{folder}: {len(missing)} weights are missing, the first is {missing[0]}")
    loaded: nn.Module = model.eval()
    return loaded


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer in a folder, from tokenizer.json alone; raises `EncoderError` where there is none."""
    transformers = _transformers(folder)
    if not (folder / "tokenizer.json").is_file():
        raise EncoderError(f"{folder} has no tokenizer.json")
    try:
        return transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_fast=True
        )
    except Exception as error:  # tokenizers raises plain Exception
        raise EncoderError(f"{folder} holds no tokenizer that can be read: {_first_line(error)}") from None


def _transformers(folder: Path) -> Any:
    if not (folder / "config.json").is_file():
        raise EncoderError(f"there is no Hugging Face model in {folder}: its config.json is missing")
    try:
        import transformers
    except ImportError:
        raise EncoderError("reading pretrained models needs the package transformers") from None
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0][:200]


POOLS = ("pooler", "post_layernorm")
"""Modules of BERT and of CLIP's image tower that stand behind the tokens."""
Run = Callable[[nn.Module, Tensor, Tensor | None], Tensor]
"""Gets tokens (b, n, width) out of a model for values (b, …) and is_padding (b, t) or None."""


class Backbone(nn.Module):
    """A pretrained model as part of an encoder.

    Frozen: it stays in eval mode and out of the state dict and takes no gradient; checkpoints then need the
    folder again. With a cache it keeps the tokens of samples it has seen, in half precision, found again by a
    hash of their content, until the memory for that is full. What it gives never depends on what it has kept,
    so that a resumed run stays exact: tokens are rounded to half precision always, and on a CPU every sample
    is run alone. Not frozen: an ordinary part of the model, but for what only makes the pooled vector, which
    no token comes through and nothing could train.

    augmented: whether what is read in training differs at every step; then nothing is kept or looked up
    there, because a hash of it would be made for nothing, and the host would wait for the device to make it.
    """

    def __init__(
        self,
        model: nn.Module,
        settings: ClipVisionSettings | ClipTextSettings,
        run: Run,
        augmented: bool = False,
    ):
        super().__init__()
        self._run = run
        self._outside: tuple[nn.Module, ...] = ()
        if settings.frozen:
            self._outside = (model.requires_grad_(False).eval(),)
        else:
            self.model = model
            for name, part in model.named_modules():
                if name.rsplit(".", 1)[-1] in POOLS:
                    part.requires_grad_(False)
        self._kept: dict[bytes, Tensor] = {}
        self._keeps, self._room = settings.cache_gigabytes > 0, settings.cache_gigabytes * 1e9
        self._augmented = augmented

    def forward(self, values: Tensor, is_padding: Tensor | None) -> Tensor:
        """Tokens (b, n, width) for values (b, …) and is_padding (b, t) or None."""
        if not self._outside:
            return self._run(self.model, values, is_padding)
        model = self._outside[0]
        if next(model.parameters()).device != values.device:
            model.to(values.device)
        with torch.no_grad():
            if not self._keeps:
                return self._run(model, values, is_padding)
            if self.training and self._augmented:
                return self._rounded(model, values, is_padding)
            return self._remembered(model, values, is_padding)

    def _rounded(self, model: nn.Module, values: Tensor, is_padding: Tensor | None) -> Tensor:
        """Tokens as half precision holds them, in float32: autocast puts no halves side by side. On a CPU
        every sample is run alone."""
        together = 1 if values.device.type == "cpu" else len(values)
        parts = [slice(start, start + together) for start in range(0, len(values), together)]
        runs = (self._run(model, values[p], None if is_padding is None else is_padding[p]) for p in parts)
        return torch.cat([tokens.half().float() for tokens in runs])

    def _remembered(self, model: nn.Module, values: Tensor, is_padding: Tensor | None) -> Tensor:
        keys = _keys(values, is_padding)
        new = [i for i, key in enumerate(keys) if key not in self._kept]
        known = [i for i, key in enumerate(keys) if key in self._kept]
        tokens = (
            [torch.stack([self._kept[keys[i]].float() for i in known]).to(values.device)] if known else []
        )
        if new:
            fresh = self._rounded(model, values[new], None if is_padding is None else is_padding[new])
            self._keep([keys[i] for i in new], fresh)
            tokens.append(fresh)
        place = torch.tensor([*known, *new], device=values.device).argsort()
        return torch.cat(tokens)[place]

    def _keep(self, keys: list[bytes], fresh: Tensor) -> None:
        if self._room <= 0:
            return
        for key, tokens in zip(keys, fresh.cpu().half(), strict=True):
            if self._room > 0 and key not in self._kept:
                self._kept[key] = tokens.clone()  # a part of the batch would keep all of it
                self._room -= tokens.numel() * tokens.element_size()


def _keys(values: Tensor, is_padding: Tensor | None) -> list[bytes]:
    """A hash of each sample's content, from one copy of the batch."""
    contents = values.detach().cpu().contiguous().numpy()
    paddings = (
        [b""] * len(contents) if is_padding is None else [mask.tobytes() for mask in is_padding.cpu().numpy()]
    )
    return [
        hashlib.blake2b(content.tobytes() + padding, digest_size=16).digest()
        for content, padding in zip(contents, paddings, strict=True)
    ]
