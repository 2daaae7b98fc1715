"""Runs as storage gives them back, made without a database."""

from typing import Any

from sample_runs import STEPS

from engine.presets.preset import load_preset
from storage.run import Run


def make_run(number: int, method: str, seed: int, preset: str = "bits-quick", **changes: Any) -> Run:
    """A finished run of a preset, as storage gives it back."""
    settings = load_preset(preset).experiment(
        method, seed, {key.replace("__", "."): value for key, value in changes.items()}
    )
    facts: dict[str, Any] = dict.fromkeys(
        (
            "started_at",
            "ended_at",
            "heartbeat_at",
            "progressed_at",
            "host",
            "pid",
            "pid_started",
            "error",
            "code_version",
            "archived_at",
            "trashed_at",
        )
    )
    return Run(
        id=number,
        title=f"{preset} · {method} · seed {seed}",
        study=preset,
        study_id=1,
        preset=preset,
        dataset=settings.data.name,
        method=method,
        seed=seed,
        digest=settings.digest(),
        settings=settings.model_dump(mode="json"),
        status="finished",
        phase="",
        epoch=6,
        epochs=6,
        step=STEPS,
        steps=STEPS,
        created_at=0,
        stop_requested=False,
        note="",
        tags=(),
        attempts=1,
        **facts,
    )
