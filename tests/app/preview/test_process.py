"""The process that makes previews, as its functions."""

from pathlib import Path
from typing import Any

import pytest

from app.preview.process import check

SMALL = {"samples": 128, "probe_samples": 100, "test_samples": 100, "features": 8}


def run(**training: Any) -> dict[str, Any]:
    return {
        "data": {"name": "bits"} | SMALL,
        "objective": {"name": "cross"},
        "training": {"batch_size": 32, "device": "cpu", "threads": 0} | training,
    }


@pytest.mark.parametrize(
    "several", [{}, {"processes": 2}, {"processes": 4, "machines": 4, "main_address": "node1"}]
)
def test_runs_of_any_number_of_machines_are_checked_in_one_process(
    tmp_path: Path, several: dict[str, Any]
) -> None:
    good, bad = run(**several), run(**several, batch_size=256)
    request = {"data": good["data"], "runs": {"good": good, "bad": bad}}
    mistakes = check(request, tmp_path, tmp_path)["mistakes"]
    assert mistakes == ["training.batch_size is 256; choose at most the 128 training samples"]
