"""Points of one curve of many runs, as stored, kept between reads.

A page asks for one curve of up to hundreds of runs. Each run's points are kept by what the curve's summary
says of them (how many, the last step and time), so that a run at work makes its own points be read again and
nobody else's; all sessions share them. What was not asked for longest goes first.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from app import queries
from storage import queries as stored
from storage.queries import Curve

MOST_KEPT = 1_000_000
"""Points that are kept, of all curves together: 24 MB."""


class _Version(NamedTuple):
    """Points of one curve of one run, as they were at some time."""

    file: str
    key: str
    run_id: int
    n: int
    time: int
    last_step: int


_kept: OrderedDict[_Version, Curve] = OrderedDict()
_guard = threading.Lock()


def stored_curves(run_ids: Sequence[int], key: str) -> dict[int, Curve]:
    """Every point of a curve of these runs, by run, ascending; runs without it are missing. What is returned
    is shared and must not be changed."""
    db = queries.database()
    rows = queries.summaries(run_ids, [key]).select("run_id", "n", "time", "last_step").sort("run_id")
    versions = [_Version(str(db.file), key, *row) for row in rows.iter_rows()]
    with _guard:
        there = {version: _kept[version] for version in versions if version in _kept}
    missing = [version for version in versions if version not in there]
    if missing:
        read = stored.curve_arrays(db, key, [version.run_id for version in missing])
        there |= {version: read[version.run_id] for version in missing if version.run_id in read}
    used = {version: there[version] for version in versions if version in there}
    with _guard:
        _keep(used)
    return {version.run_id: curve for version, curve in used.items()}


def _keep(used: dict[_Version, Curve]) -> None:
    """These as the newest; of a run's curve the latest version alone, and no more than `MOST_KEPT` points."""
    latest = {(version.file, version.key, version.run_id) for version in used}
    for version in [one for one in _kept if (one.file, one.key, one.run_id) in latest]:
        del _kept[version]
    _kept.update(used)
    total = sum(curve.steps.size for curve in _kept.values())
    while total > MOST_KEPT:
        total -= _kept.popitem(last=False)[1].steps.size
