"""torch.compile: the same training to rounding, the same names of weights, and a way back where nothing can
be compiled."""

import pytest
import torch
from safetensors.torch import load_file

from engine.experiment import run_experiment
from engine.recorders.folder import FolderRecorder
from engine.settings.experiment import parse
from engine.training.compiling import Compiled


def settings_of(compile):
    return parse(
        {
            "data": {
                "name": "bits",
                "samples": 96,
                "probe_samples": 100,
                "test_samples": 100,
                "features": 12,
            },
            "objective": {"name": "cross", "width": 8},
            "encoders": {
                name: {"name": "mlp", "hidden": [8], "tokens": 2, "width": 8} for name in ("x1", "x2")
            },
            "fusion": {"width": 8, "heads": 2},
            "training": {"epochs": 1, "batch_size": 32, "threads": 1, "device": "cpu", "compile": compile},
            "probe": {"refine": False},
            "decomposition": {"enabled": False},
        }
    )


@pytest.mark.slow
def test_a_compiled_run_is_that_of_the_plain_step_to_rounding(tmp_path):
    for name, compile in (("plain", False), ("compiled", True)):
        assert run_experiment(settings_of(compile), FolderRecorder(tmp_path / name), tmp_path) == "finished"
    one, other = (load_file(tmp_path / name / "last.safetensors") for name in ("plain", "compiled"))
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=1e-3, atol=1e-4)


class Product(torch.nn.Module):
    """A module of our own, as objectives are."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))

    def forward(self, values):
        return (self.weight * values).sum()


def no_compiler(graph, inputs):
    """A backend on a machine without a C++ compiler."""
    raise RuntimeError("no C++ compiler was found")


def test_what_cannot_be_compiled_goes_on_as_it_is():
    said = []
    module = Product()
    compiled = Compiled(module, said.append, no_compiler)
    for _ in range(2):
        compiled.run(lambda: module(torch.tensor([1.0, 2.0])).backward())
    assert module.weight.grad.tolist() == [2.0, 4.0]
    assert len(said) == 1 and said[0].startswith("torch.compile does not work here")
    assert list(module.state_dict()) == ["weight"]


def test_an_error_of_the_step_itself_is_told_as_it_is():
    module = torch.nn.Linear(2, 2)
    said = []
    with pytest.raises(ValueError, match="a fault of the data"):
        Compiled(module, said.append).run(fault)
    assert said == []


def fault():
    raise ValueError("a fault of the data")
