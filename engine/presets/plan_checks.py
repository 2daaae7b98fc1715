"""What no layer of a study plan can hold; the settings themselves are checked with each run."""

from engine.presets.layers import RESET, Layer

OF_DATASET = ("preset", "published", "methods", "method")
"""What a `[dataset.NAME]` table may say besides settings: the preset that it lies on, its published table,
the methods that are trained on it where they are not all, and settings of single methods on it."""


def methods_of(on_dataset: Layer) -> dict[str, Layer]:
    """The layers of single methods in a data set's; raises `ValueError` for what is no table of tables."""
    methods = on_dataset.get("method", {})
    if not isinstance(methods, dict) or not all(isinstance(layer, dict) for layer in methods.values()):
        raise ValueError(f"dataset: 'method' holds tables of settings by method; got {str(methods)[:80]}")
    return methods


def check_layer(where: str, layer: Layer) -> None:
    """Raises `ValueError`, one line, for a layer that sets what belongs elsewhere. where: its table's name in
    the file, such as "method.comm"."""
    if "seed" in layer:
        raise ValueError(f"{where}.seed: seeds stand in 'seeds', for all runs")
    if "objective" in layer and ".method." not in f".{where}":
        raise ValueError(f"{where}.objective: settings of an objective stand in [method.NAME.objective]")
    paths = layer.get(RESET, [])
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) and path for path in paths):
        raise ValueError(f"{where}.{RESET}: a list of dotted paths; got {str(paths)[:80]}")
    if where.startswith("dataset.") and ".method." not in where:
        names = layer.get("methods", ["any"])
        if not isinstance(names, list | tuple) or not names or not all(isinstance(n, str) for n in names):
            raise ValueError(f"{where}.methods: a list of methods; got {str(names)[:80]}")
    for name in ("preset", "published"):
        if where.startswith("dataset.") and not isinstance(layer.get(name), str | None):
            raise ValueError(f"{where}.{name}: a name; got {str(layer[name])[:80]}")
