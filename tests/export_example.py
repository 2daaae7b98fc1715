"""Writes the example study that comes with the studio, from a quick comparison that was trained.

`infmasking train --preset bits-quick` in a data home of its own, then
`python tests/export_example.py HOME STUDY app/overview/example.json.gz`.
"""

import gzip
import json
import sys
from contextlib import closing
from pathlib import Path

from app.overview.example import NAME, NOTE, QUESTION, TAG
from storage.bundles import study_bundle
from storage.database import Database

DIGITS = 6
"""Significant ones of a curve's points, which are drawn and nothing else."""


def main(home: str, study: str, target: str) -> None:
    """Write the file."""
    with closing(Database.at(Path(home))) as db:
        bundle = study_bundle(db, int(study))
    bundle["study"] |= {"name": NAME, "question": QUESTION, "note": NOTE, "tags": [TAG]}
    for run in bundle["runs"]:
        points, *rest = run["recorded"]
        run["recorded"] = [[[k, s, float(f"{v:.{DIGITS}g}"), t] for k, s, v, t in points], *rest]
    packed = gzip.compress(json.dumps(bundle, sort_keys=True).encode(), mtime=0)
    Path(target).write_bytes(packed)
    print(f"{target}: {len(bundle['runs'])} runs, {len(packed):,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
