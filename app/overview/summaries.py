"""Studies as the overview lists them: how far each is, what fails and why, what it answers. No Streamlit
here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.comparison.progress import Progress, progress
from app.wording.figures import show_count
from storage.run import Run, live_state
from storage.studies import Study

LONGEST_REASON = 160
"""Characters of a failed run's reason."""


class StudyRow(NamedTuple):
    """A study and its runs, newest first."""

    study: Study
    runs: tuple[Run, ...]
    progress: Progress

    @property
    def changed_at(self) -> int:
        """When something last happened in it: a run was created, started or ended (UTC ms)."""
        moments = [
            moment for run in self.runs for moment in (run.created_at, run.started_at, run.ended_at) if moment
        ]
        return max([self.study.created_at, *moments])


class StudyFilters(NamedTuple):
    """What the reader wants to see; empty means all. words: each must occur in name, question, note or
    tags."""

    words: str = ""
    tags: Sequence[str] = ()
    archived: bool = False


def study_rows(
    studies: Sequence[Study], members: Mapping[int, Sequence[int]], runs: Sequence[Run], now: int
) -> list[StudyRow]:
    """One a study, in the order given. members: study → its runs; runs: all, newest first."""
    by_id = {run.id: run for run in runs}
    rows = []
    for study in studies:
        mine = tuple(by_id[number] for number in reversed(members.get(study.id, ())) if number in by_id)
        rows.append(StudyRow(study, mine, progress(mine, now)))
    return rows


def chosen_rows(rows: Sequence[StudyRow], filters: StudyFilters) -> list[StudyRow]:
    """The studies that fulfil every filter, in the same order."""
    return [row for row in rows if _passes(row.study, filters)]


def _passes(study: Study, filters: StudyFilters) -> bool:
    text = " ".join((study.name, study.question, study.note, *study.tags)).casefold()
    return (
        (filters.archived or study.archived_at is None)
        and all(word in text for word in filters.words.casefold().split())
        and (not filters.tags or bool(set(filters.tags) & set(study.tags)))
    )


def how_far(row: StudyRow) -> str:
    """ "9 runs, all finished" or how they stand and the time left."""
    if not row.runs:
        return "no run yet"
    finished = row.progress.counts.get("finished", 0)
    if finished == len(row.runs):
        return f"{show_count(finished, 'run')}, {'finished' if finished == 1 else 'all finished'}"
    return row.progress.words()


def what_fails(row: StudyRow, now: int) -> str:
    """ "3 runs failed: the loss became nan …", with the most frequent reason; "" where none failed or was
    lost."""
    states = {run.id: live_state(run, now) for run in row.runs}
    failed = [run for state in ("failed", "lost") for run in row.runs if states[run.id] == state]
    if not failed:
        return ""
    reasons = Counter(" ".join((run.error or "the process is gone").split()) for run in failed)
    reason, times = reasons.most_common(1)[0]
    short = reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
    most = "" if times == len(failed) else f", {times} of them"
    return f"{show_count(len(failed), 'run')} failed{most}: {short}"


def results_of(results: Mapping[str, Sequence[Any]]) -> dict[int, list[int]]:
    """Run → places of its rows in the columns."""
    places: dict[int, list[int]] = {}
    for place, run_id in enumerate(results["run_id"]):
        places.setdefault(run_id, []).append(place)
    return places
