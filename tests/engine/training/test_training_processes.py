"""What the environment says of a run's processes."""

import pytest
import torch

from engine.settings.training import TrainingSettings
from engine.training.processes import build_accelerator


@pytest.mark.parametrize(
    ("value", "threads"), [("2", 2), ("2,4", 2), ("many", None), ("", None), ("-1", None), ("9" * 5000, None)]
)
def test_the_number_of_threads_is_read_as_openmp_does(
    monkeypatch: pytest.MonkeyPatch, value: str, threads: int | None
) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    try:
        build_accelerator(TrainingSettings(device="cpu"))
        assert torch.get_num_threads() == (threads or 3)
    finally:
        torch.set_num_threads(before)
