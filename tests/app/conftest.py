"""What page tests share: data homes, empty or used, and any page of the dashboard opened by its URL."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import streamlit as st
from sample_runs import Sample, fill, freshen
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app.queries import database
from storage.database import Database

OpenPage = Callable[..., AppTest]


class Used(NamedTuple):
    """A data home with runs in it, its open database (the one the pages use) and the ids of the runs."""

    home: Path
    db: Database
    sample: Sample


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sample]:
    """The sample database, filled once; tests get copies."""
    home = tmp_path_factory.mktemp("sample")
    db = Database(f"sqlite:///{home / 'studio.db'}")
    sample = fill(db, home)
    db.close()
    return home / "studio.db", sample


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data home in which nothing has happened yet; pages see it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("INFMASKING_HOME", str(home))
    st.cache_resource.clear()
    return home


@pytest.fixture
def used(empty_home: Path, sample_file: tuple[Path, Sample]) -> Used:
    """A copy of the sample database as the pages' data home."""
    file, sample = sample_file
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(empty_home / "studio.db")) as copy:
        source.backup(copy)  # a copy of the file alone would miss what still stands in the write-ahead log
    db = database()
    freshen(db, sample.by_state)
    return Used(empty_home, db, sample)


@pytest.fixture
def open_page() -> OpenPage:
    """`open_page("run", run=3)`: the dashboard as a browser shows it at `/run?run=3`."""

    def open_at(name: str, **query: object) -> AppTest:
        test = AppTest.from_string("from app.dashboard import main\nmain()", default_timeout=60)
        test._page_hash = calc_hash(
            name
        )  # AppTest has no public way to start at the URL of a page that is a function
        for key, value in query.items():
            test.query_params[key] = value if isinstance(value, list) else str(value)
        return test.run()

    return open_at


def all_text(test: AppTest) -> str:
    """Everything a page says in words as a reader reads it, one element a line."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "error",
        "warning",
        "info",
        "success",
        "code",
        "badge",
    )
    said = "\n".join(
        str(element.value) for kind in kinds for element in test.get(kind) if hasattr(element, "value")
    )
    return re.sub(r"\\([^\w\s])|\u200b", r"\1", said)
