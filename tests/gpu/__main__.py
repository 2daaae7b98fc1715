"""Checks and times the engine on a device: `python tests/gpu`, or `make gpu`; under 8 minutes on one card.

Needs torch, accelerate, safetensors, numpy, pydantic, scipy, scikit-learn and transformers, and no test
framework. Every part runs in a process of its own, within its time: one that hangs or crashes leaves the
others alone. Prints one table, writes the same as JSON, and exits with 1 if a check failed.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))  # the engine, where it is not installed

from machine import Setup, chosen_device, facts  # noqa: E402
from outcomes import Row, as_json, beside_comm, read_rows, table  # noqa: E402
from parts import PARTS, run_part  # noqa: E402

TOTAL_SECONDS = 460.0
LAST_CASE = 5.0
"""So many seconds before the end of its budget a part begins no other case."""


def main() -> int:
    """Run the parts, or in a process of its own the one that is named."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    options.add_argument(
        "--size", choices=("auto", "published", "tiny"), default="auto", help="auto: tiny on a CPU"
    )
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options.add_argument("--seconds", type=float, default=TOTAL_SECONDS, help="for everything")
    options.add_argument(
        "--json", type=Path, default=Path("gpu-report.json"), help="where the report is written"
    )
    options.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    device = chosen_device(given.device)
    size = given.size if given.size != "auto" else "tiny" if device == "cpu" else "published"
    setup = Setup(device, size)
    if given.report is not None:
        run_part(given.parts[0], setup, given.report, given.seconds)
        return 0
    rows = beside_comm(run_parts(given.parts, setup, given.seconds))
    known = facts(setup)
    print(", ".join(f"{name} {value}" for name, value in known.items()), end="\n\n")
    print(table(rows))
    given.json.write_text(as_json(rows, known), encoding="utf-8")
    failed = sum(row.outcome.verdict == "FAILED" for row in rows)
    print(f"\n{failed} failed; written to {given.json}")
    return int(failed > 0)


def run_parts(names: list[str], setup: Setup, seconds: float) -> list[Row]:
    """The rows of these parts. They share the time by their budgets, and what a part leaves the next may
    use."""
    began = time.monotonic()
    scale = seconds / sum(PARTS[name].seconds for name in names)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        until = began
        for place, name in enumerate(names):
            until += PARTS[name].seconds * scale
            rows += run_apart(name, setup, Path(folder) / f"{place}.jsonl", until - time.monotonic())
    return rows


def run_apart(name: str, setup: Setup, report: Path, budget: float) -> list[Row]:
    """One part in a process of its own, which is ended when its time is over."""
    print(f"{name}: up to {budget:.0f} s", file=sys.stderr, flush=True)
    own = ["--device", setup.device, "--size", setup.size, "--parts", name]
    command = [sys.executable, str(HERE), *own, "--report", str(report), "--seconds", str(budget - LAST_CASE)]
    environment = os.environ | {
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # what exact repetition on a card needs
        # a compiler that is ended leaves broken files; and every run compiles as the first one does
        "TORCHINDUCTOR_CACHE_DIR": str(report.with_suffix(".inductor")),
        "TRITON_CACHE_DIR": str(report.with_suffix(".triton")),
    }
    child = subprocess.Popen(command, start_new_session=True, env=environment, stdout=sys.stderr)
    try:
        crashed = child.wait(max(budget, 0.0)) != 0
    except subprocess.TimeoutExpired:
        crashed = False
        os.killpg(child.pid, signal.SIGKILL)  # a compiler's workers too
        child.wait()
    left = "FAILED" if crashed or PARTS[name].checks else "no time"
    return read_rows(report, name, left, "the process ended" if crashed else "no time left")


if __name__ == "__main__":
    sys.exit(main())
