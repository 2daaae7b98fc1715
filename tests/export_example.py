"""Writes the example study that comes with the studio, from a quick comparison that was trained.

`infmasking train --preset bits-quick` in a data home of its own, then
`python tests/export_example.py HOME STUDY app/overview/example.zip`.
"""

import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import select, update

from app.bundles.export import choose, write_bundle
from app.overview.example import NAME, NOTE, QUESTION, TAG
from storage.database import Database
from storage.models import log_lines, metrics
from storage.studies import change_study

DIGITS = 6
"""Significant ones of a curve's points, which are drawn and nothing else."""


def main(home: str, study: str, target: str) -> None:
    """Write the file; the study in the home gets the example's name."""
    with closing(Database.at(Path(home))) as db:
        change_study(db, int(study), name=NAME, question=QUESTION, note=NOTE, tags=[TAG])
        with db.write() as connection:
            for row in connection.execute(select(metrics).where(metrics.c.value.is_not(None))).all():
                at = (metrics.c.run_id == row.run_id) & (metrics.c.key_id == row.key_id)
                rounded = update(metrics).where(at, metrics.c.step == row.step)
                connection.execute(rounded.values(value=float(f"{row.value:.{DIGITS}g}")))
            connection.execute(log_lines.delete())  # they name paths of that machine
        export = choose(db, [], [int(study)], weights=False)
        size = write_bundle(db, export, Path(target), force=True)
    print(f"{target}: {len(export.runs)} runs, {size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
