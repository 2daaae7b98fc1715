"""Which runs of a list are shown: words, states, methods, data, tags and a condition on settings, each bound
to the URL."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from app.runs.conditions import Condition, ConditionError, check_names, facts_of, read_condition
from app.runs.facts import STATES
from app.wording.names import data_label, in_order, method_label
from app.wording.text import plain
from storage.run import Run, live_state


class Filters(NamedTuple):
    """What the reader wants to see; empty means all. words: each must occur in the title, note, tags, study
    or preset; archived: also those in the archive."""

    words: str = ""
    states: Sequence[str] = ()
    methods: Sequence[str] = ()
    data: Sequence[str] = ()
    tags: Sequence[str] = ()
    condition: Condition | None = None
    archived: bool = True


def filtered(runs: Sequence[Run], filters: Filters, now: int) -> list[Run]:
    """The runs that fulfil every filter, in the same order."""
    return [run for run in runs if _passes(run, filters, now)]


def _passes(run: Run, filters: Filters, now: int) -> bool:
    text = " ".join(
        (run.title, run.study, run.note, run.preset or "", method_label(run.method), *run.tags)
    ).casefold()
    return (
        (filters.archived or run.archived_at is None)
        and all(word in text for word in filters.words.casefold().split())
        and (not filters.states or live_state(run, now) in filters.states)
        and (not filters.methods or run.method in filters.methods)
        and (not filters.data or data_label(run) in filters.data)
        and (not filters.tags or bool(set(filters.tags) & set(run.tags)))
        and (filters.condition is None or filters.condition.fits(facts_of(run)))
    )


def choose_filters(runs: Sequence[Run]) -> Filters:
    """The widgets that narrow a list of these runs. A choice that there is nothing to choose of is not
    drawn."""
    words, where = st.columns([1, 1])
    found = words.text_input(
        "Find",
        key="find",
        bind="query-params",
        placeholder="Title, study, note or tag",
        icon=":material/search:",
        live=True,
    )
    asked = where.text_input(
        "Settings",
        key="where",
        bind="query-params",
        placeholder="mask_ratio > 0.6 and method = comm",
        icon=":material/tune:",
        help="Comparisons of settings (= != > >= < <=), joined by *and* and *or*, with parentheses. A "
        "setting is named by its path or its last part. Also: method, data, study, tag, run, status, host.",
    )
    condition = _condition(asked or "", runs)
    return Filters(found or "", *_choices(runs), condition, _archived(runs))


def _condition(text: str, runs: Sequence[Run]) -> Condition | None:
    """The condition in the text; a mistake in it is said, and then it narrows nothing."""
    try:
        condition = read_condition(text)
        if condition is not None:
            check_names(condition, (path for run in runs for path in facts_of(run)))
    except ConditionError as error:
        st.error(plain(f"Settings: {error}"), icon=":material/error:")
        return None
    return condition


def _choices(runs: Sequence[Run]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Chosen states, methods, data sets and tags."""
    methods, data = in_order(run.method for run in runs), sorted({data_label(run) for run in runs})
    tags = sorted({tag for run in runs for tag in run.tags})
    chosen: list[list[str]] = []
    with st.container(horizontal=True):
        for label, key, options in (
            ("State", "state", list(STATES)),
            ("Method", "method", methods if len(methods) > 1 else []),
            ("Data", "data", data if len(data) > 1 else []),
            ("Tag", "tag", tags),
        ):
            if not options:
                chosen.append([])
                continue
            chosen.append(
                st.multiselect(
                    plain(label),
                    options,
                    key=key,
                    bind="query-params",
                    placeholder="Any",
                    format_func=method_label if key == "method" else str,
                    width=240,
                )
            )
    states, of_methods, of_data, of_tags = chosen
    return states, of_methods, of_data, of_tags


def _archived(runs: Sequence[Run]) -> bool:
    count = sum(run.archived_at is not None for run in runs)
    if not count:
        return True
    return bool(st.toggle(f"Show {count:,} archived", key="archived", bind="query-params"))
