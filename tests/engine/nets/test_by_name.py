"""Modalities may be called whatever their owner calls them; names that torch takes keep their keys."""

import pytest
import torch
from torch import nn

from engine.nets.by_name import ByName

NAMES = [
    "text",
    "a.b",
    "keys",
    "training",
    "forward",
    "%keys",
    "a%2Eb",
    "%",
    "x,y",
    "ü",
    "_modules",
    "type",
    "..",
    "50%",
]


def test_any_name_is_given_back():
    made = ByName()
    for size, name in enumerate(NAMES, 1):
        made[name] = nn.Linear(size, 1)
    assert list(made) == list(made.keys()) == [name for name, _ in made.items()] == NAMES
    assert len(made) == len(NAMES)
    for size, name in enumerate(NAMES, 1):
        assert name in made and made[name].in_features == size
    assert "other" not in made and 3 not in made
    twin = ByName()
    for size, name in enumerate(NAMES, 1):
        twin[name] = nn.Linear(size, 1)
    twin.load_state_dict(made.state_dict())
    assert torch.equal(twin["a.b"].weight, made["a.b"].weight)


@pytest.mark.parametrize("name", ["text", "x1", "video_face", "x,y", "ü", "a b"])
def test_names_that_torch_takes_keep_their_keys(name):
    made = ByName()
    made[name] = nn.Linear(1, 1)
    assert list(made.state_dict()) == [f"{name}.weight", f"{name}.bias"]
