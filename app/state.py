"""What lives in the URL: which page, which runs, which checkpoint; and how pages lead to each other.

Every view is a link: `run?run=3`, `study?study=2&runs=1-9`, `launch?clone=3`, `checkpoints?checkpoint=5`.
Filters are widgets bound to the URL by Streamlit itself; what stands here is the rest.
"""

import importlib
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NamedTuple, NoReturn

import streamlit as st
from streamlit.navigation.page import Page

MOST_RUNS = 10_000
"""More runs than this in one link are a mistake, or an attack on the server's memory."""

LONGEST_TAB = 80
"""Characters of a name in a browser's tab."""


class PageFacts(NamedTuple):
    """A page: what it is called, its icon, and whether the navigation lists it."""

    title: str
    icon: str
    visibility: Literal["visible", "hidden"] = "visible"


PAGES = {
    "overview": PageFacts("Overview", ":material/list_alt:"),
    "launch": PageFacts("New study", ":material/add_circle:"),
    "study": PageFacts("Study", ":material/compare_arrows:"),
    "runs": PageFacts("Runs", ":material/view_list:"),
    "synergy": PageFacts("Synergy", ":material/join_inner:"),
    "checkpoints": PageFacts("Checkpoints", ":material/deployed_code:"),
    "data": PageFacts("Data", ":material/dataset:"),
    "storage": PageFacts("Storage", ":material/database:"),
    "run": PageFacts("Run", ":material/monitoring:", "hidden"),
    "compare": PageFacts("Compare", ":material/compare_arrows:", "hidden"),
}
"""Every page by its name, which is its file in `app/pages/` and its place in the URL; the first is the start
page."""


def page(name: str) -> Page:
    """The page of that name, as Streamlit's navigation wants it."""
    facts = PAGES[name]
    first = name == next(iter(PAGES))
    return st.Page(
        _renderer(name),
        title=facts.title,
        icon=facts.icon,
        url_path=name,
        default=first,
        visibility=facts.visibility,
    )


@cache
def _renderer(name: str) -> Any:
    """The page's `render`, imported when it is first shown: a page costs nothing until somebody opens it."""

    def render() -> None:
        importlib.import_module(f"app.pages.{name}").render()

    render.__name__ = name
    return render


def open_page(name: str, **parameters: object) -> NoReturn:
    """Go to a page, with what its URL shall say."""
    st.switch_page(page(name), query_params={key: str(value) for key, value in parameters.items()})


def name_tab(words: str) -> None:
    """What the browser's tab is called: a page's title, or the name of what it shows."""
    st.set_page_config(page_title=f"{' '.join(words.split())[:LONGEST_TAB]} · InfMasking Studio")


def number_parameter(name: str) -> int | None:
    """A number from the URL; None where it is missing or is no number."""
    text = st.query_params.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


def write_runs(run_ids: Iterable[int]) -> str:
    """Runs as the URL has them, ascending: [3, 1, 2, 7] as "1-3,7"."""
    parts: list[list[int]] = []
    for number in sorted(set(run_ids)):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)


_SPAN = r"\s*([0-9]{1,15})\s*(?:-\s*([0-9]{1,15})\s*)?"


def unread_runs(text: str) -> list[str]:
    """The parts of such a text that `read_runs` passes over: neither a number nor an ascending range."""
    found = []
    for part in filter(str.strip, text.split(",")):
        match = re.fullmatch(_SPAN, part)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            found.append(part.strip())
    return found


def read_runs(text: str) -> list[int]:
    """The inverse of `write_runs`; what is no number or ascending range is passed over, and so is all past
    `MOST_RUNS`."""
    found: dict[int, None] = {}
    for first, last in re.findall(rf"(?:^|,){_SPAN}(?=,|$)", text):
        stop = int(last or first) + 1
        found |= dict.fromkeys(range(int(first), min(stop, int(first) + MOST_RUNS)))
        if len(found) >= MOST_RUNS:
            break
    return list(found)[:MOST_RUNS]
