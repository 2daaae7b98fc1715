"""Modules under names of the user's own: those of modalities, which may hold dots or be words of torch's."""

from collections.abc import ItemsView, Iterator, KeysView

from torch import nn


class ByName(nn.ModuleDict):
    """A dictionary of modules that takes any name; one that torch cannot give to a module stands there
    escaped.

    Names that torch takes are kept, and with them the keys of state dictionaries: "a.b" is kept as "a%2Eb",
    and "keys", which the dictionary has a method for, as "%keys".
    """

    def __getitem__(self, key: str) -> nn.Module:
        return super().__getitem__(_escaped(key))

    def __setitem__(self, key: str, module: nn.Module) -> None:
        super().__setitem__(_escaped(key), module)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(_escaped(key))

    def __iter__(self) -> Iterator[str]:
        return map(_plain, self._modules)

    def keys(self) -> KeysView[str]:
        """The names as they were given."""
        return dict.fromkeys(self).keys()

    def items(self) -> ItemsView[str, nn.Module]:
        """Names as they were given, with their modules."""
        return dict(zip(self, self.values(), strict=True)).items()


_TAKEN = frozenset(dir(nn.ModuleDict())) | {""}


def _escaped(name: str) -> str:
    safe = name.replace("%", "%25").replace(".", "%2E")
    return f"%{safe}" if name in _TAKEN else safe


def _plain(safe: str) -> str:
    name = safe.removeprefix("%") if safe.removeprefix("%") in _TAKEN else safe
    return name.replace("%2E", ".").replace("%25", "%")
