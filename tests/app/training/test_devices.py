"""Device inventory without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.training.devices import _quota, _visible, cores, gpu_load, gpus


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("2,0", [2, 0]),
        ("GPU-b", [1]),
        ("1,9,0", [1]),
        ("-1", []),
        ("NoDevFiles", []),
    ],
)
def test_visible_devices_are_read_as_cuda_reads_them(chosen: str | None, expected: list[int]) -> None:
    assert _visible(chosen, ["GPU-aaa", "GPU-bbb", "GPU-ccc"]) == expected


@pytest.mark.parametrize(
    ("content", "expected"), [("200000 100000", 2.0), ("max 100000", None), ("50000 100000\n", 0.5)]
)
def test_a_container_quota_is_read(tmp_path: Path, content: str, expected: float | None) -> None:
    (tmp_path / "cpu.max").write_text(content)
    assert _quota(tmp_path) == expected


def test_an_old_container_quota_is_read(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000")
    assert _quota(tmp_path) is None
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("300000")
    assert _quota(tmp_path) == 3.0


def test_inventory_answers_on_this_machine_without_torch() -> None:
    assert cores() >= 1
    assert all(gpu.memory > 0 and gpu_load(gpu.number) is not None for gpu in gpus())
    program = "import sys, app.training.devices as d; d.gpus(); d.cores(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
