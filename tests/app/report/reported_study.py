"""A study to report on: the sample's quick comparison with decompositions, and under
hostile names."""

from pathlib import Path

from made_decompositions import made

from app.report.content import Content, content_of_study
from storage.database import Database
from storage.recorder import RunRecorder
from storage.studies import change_study, create_study, take_in

HOSTILE = "<img src=x onerror=alert(1)> & \\input{x} $ % _ # \u202e </script><!-- 中 σ"
SYNERGY = (0.30, 0.24, 0.02)


def with_bits(db: Database, folder: Path, run_ids: tuple[int, ...]) -> None:
    """Decompositions of nine runs, three of a method, untrained and after three and six epochs."""
    for place, run_id in enumerate(run_ids):
        most = SYNERGY[place // 3]
        with RunRecorder(db, run_id, folder / "spool.jsonl") as recorder:
            for epoch in (0, 3, 6):
                found = made((0.0, 0.0, 0.0, most * epoch / 6 + 0.01 * (place % 3)))
                encoder = "trained" if epoch else "untrained"
                recorder.decomposition("synergy", "x1 | x2", encoder, epoch, found.model_dump(mode="json"))


def sample_content(db: Database, folder: Path, run_ids: tuple[int, ...], *, hostile: bool = False) -> Content:
    """A study of just these runs, with decompositions."""
    with_bits(db, folder, run_ids)
    study = create_study(db, HOSTILE if hostile else "Quick", question=f"Why? {HOSTILE if hostile else ''}")
    take_in(db, study, run_ids)
    if hostile:
        change_study(db, study, note=HOSTILE)
    return content_of_study(db, study)
