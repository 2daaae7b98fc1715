"""The kinds that a modality can be of."""

from typing import Literal

ModalityKind = Literal["vector", "sequence", "image", "text"]
KIND_WORDS: dict[ModalityKind, str] = {
    "vector": "vectors",
    "sequence": "sequences",
    "image": "images",
    "text": "texts",
}


def in_words(kinds: tuple[ModalityKind, ...]) -> str:
    """("vector", "sequence") as "vectors and sequences"."""
    return " and ".join(KIND_WORDS[kind] for kind in kinds)
