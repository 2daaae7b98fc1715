"""Links to runs: what they name, what of that is still stored, and the runs after another choice. No
Streamlit here.

`runs=1-9` names exactly these runs, `digest=…,…` every run that these configurations have now. A set that is
shown changes by what the reader does and by nothing else: a group that is taken away takes its own runs
along, one that is added brings all of its.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.state import MOST_RUNS, read_runs, unread_runs, write_runs
from app.wording.figures import show_count
from storage.run import Run

LONGEST_LIST = 60
"""Characters of what a link named, in a sentence about it."""


class Link(NamedTuple):
    """What a URL names: runs by number, else configurations; and what stood among the runs and names none."""

    runs: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read_link(query: Mapping[str, str]) -> Link:
    """The link in the parameters of a URL."""
    text = query.get("runs", "")
    digests = dict.fromkeys(word for word in query.get("digest", "").split(",") if word)
    return Link(tuple(read_runs(text)), tuple(digests), tuple(unread_runs(text)))


def choose(runs: Sequence[Run], link: Link) -> list[Run]:
    """The runs that a link names: those by number, else every run of the configurations, else those of the
    newest run's study. runs: newest first."""
    if link.runs:
        wanted = set(link.runs)
        return [run for run in runs if run.id in wanted]
    if link.digests:
        return [run for run in runs if run.digest in link.digests]
    return [run for run in runs if run.study_id == runs[0].study_id]


def lines_about(link: Link, runs: Sequence[Run]) -> list[str]:
    """Sentences on what a link names and nobody can show; none where it is whole. runs: all that are
    stored."""
    said = []
    if link.unread:
        said.append(
            f"This link has '{_short(', '.join(link.unread))}' among its runs; runs are named as in 1-9,12."
        )
    if len(link.runs) == MOST_RUNS:
        said.append(
            f"This link may name more than {MOST_RUNS:,} runs; no more than the first ones are looked for."
        )
    stored = {run.id for run in runs}
    gone = [number for number in link.runs if number not in stored]
    if gone and len(gone) == len(link.runs):
        said.append(_none_of("runs", f"{_short(write_runs(gone))}: {show_count(len(gone), 'run')}"))
    elif gone:
        there = show_count(len(link.runs) - len(gone), "run")
        said.append(
            f"{len(gone):,} of the {len(link.runs):,} runs in this link are not stored any more "
            f"({_short(write_runs(gone))}); it shows the other {there}."
        )
    if link.digests and not link.runs:
        known = {run.digest for run in runs}
        lost = [digest for digest in link.digests if digest not in known]
        if len(lost) == len(link.digests):
            said.append(_none_of("configurations", _short(", ".join(lost))))
        elif lost:
            said.append(
                f"{len(lost)} of the {len(link.digests)} configurations in this link have no run any more "
                f"({_short(', '.join(lost))}); it shows the others."
            )
    return said


def runs_of(digests: Sequence[str], shown: Sequence[Run], stored: Sequence[Run]) -> list[Run]:
    """The runs when the reader has chosen these configurations: those shown of one that is shown already, all
    stored ones of one that is new."""
    there = {run.digest for run in shown}
    kept = [run for run in shown if run.digest in digests]
    return kept + [run for run in stored if run.digest in digests and run.digest not in there]


def left_out(shown: Sequence[Run], stored: Sequence[Run]) -> list[Run]:
    """Stored runs of the configurations shown that are not shown themselves."""
    ids, digests = {run.id for run in shown}, {run.digest for run in shown}
    return [run for run in stored if run.digest in digests and run.id not in ids]


def _none_of(what: str, which: str) -> str:
    return f"None of the {what} in this link exist any more ({which}); the newest study is shown instead."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LIST else f"{text[:LONGEST_LIST].rsplit(',', 1)[0]}, …"
