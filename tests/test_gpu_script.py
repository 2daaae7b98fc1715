"""The device check of `make gpu`, run at its tiny size on the CPU, and what it does where something goes
wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "gpu"


def gpu(tmp_path, *options):
    """Exit status, printed table and the report of a run on the CPU."""
    file = tmp_path / "report.json"
    command = [sys.executable, HERE, "--device", "cpu", "--size", "tiny", "--json", file, *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    return done, json.loads(file.read_text())


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_everything_but_compiling_runs_on_a_cpu(tmp_path):
    from engine.presets.preset import method_names

    parts = ("agreement", "training", "decomposition", "trifeature", "mm-imdb")
    done, report = gpu(tmp_path, "--seconds", "560", "--parts", *parts)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {(row["part"], row["case"]): row for row in report["rows"]}
    assert {case for part, case in rows if part == "agreement"} == set(method_names())
    assert all(rows["agreement", method]["verdict"] == "ok" for method in method_names())
    assert rows["training", "bf16 learns"]["verdict"] == "ok"
    assert rows["training", "fp32 resumes exactly"]["note"] == "bit for bit"
    assert rows["training", "fp16 learns"]["verdict"] == "not here"
    assert rows["decomposition", "infmasking"]["verdict"] == "ok"
    for part in ("trifeature", "mm-imdb"):
        for mode in ("fp32", "bf16"):
            figures = {m: rows[part, f"{m}, {mode}"]["figures"] for m in ("comm", "infmasking", "encoders")}
            assert figures["comm"]["times_comm"] == 1
            assert all(one["step_ms"] > 0 and one["samples_per_second"] > 0 for one in figures.values())
    assert report["machine"]["device"] == "cpu" and report["machine"]["torch"]
    assert "| trifeature | infmasking, fp32 |" in done.stdout


def test_a_check_without_time_has_failed_and_a_timing_has_not(tmp_path):
    done, report = gpu(tmp_path, "--seconds", "0.2", "--parts", "agreement", "trifeature")
    assert done.returncode == 1
    assert [(row["part"], row["verdict"]) for row in report["rows"]] == [
        ("agreement", "FAILED"),
        ("trifeature", "no time"),
    ]


def test_a_failed_check_leaves_the_others_alone(tmp_path, monkeypatch):
    """The loss of one objective is changed behind the check's back: that one row fails."""
    (tmp_path / "sitecustomize.py").write_text(
        "import torch\n"
        "if '--report' in __import__('sys').argv:\n"
        "    import engine.objectives.cmc as module\n"
        "    exact = module.cmc_terms\n"
        "    def rough(embeddings, temperature):\n"
        "        single = embeddings[0].dtype == torch.float32\n"
        "        return exact(embeddings, temperature * (1.01 if single else 1))\n"
        "    module.cmc_terms = rough\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{HERE.parents[1]}")
    done, report = gpu(tmp_path, "--seconds", "200", "--parts", "agreement")
    assert done.returncode == 1 and "1 failed" in done.stdout
    assert [row["case"] for row in report["rows"] if row["verdict"] == "FAILED"] == ["cmc"]
    assert len(report["rows"]) > 5
