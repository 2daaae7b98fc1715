"""The files of a report: LaTeX that is read strictly, HTML that is whole and harmless, tidy tables."""

import io
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from conftest import Used
from latex_checker import check
from reported_study import HOSTILE, sample_content

from app.report import files
from app.report.content import Content, ReportError, content_of_study
from app.report.figures import MOST_FIGURES, figures_of
from app.report.html_page import POLICY, figure, table
from app.report.latex_tables import score_tables
from app.report.methods import methods_paragraph
from storage.studies import create_study

VOID = {"meta", "link", "br", "img", "hr"}
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "link",
    "body",
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "li",
    "section",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "strong",
    "figure",
    "figcaption",
    "svg",
    "g",
    "path",
    "line",
    "rect",
    "text",
    "tspan",
    "defs",
    "clippath",
    "lineargradient",
    "stop",
}


class _Elements(HTMLParser):
    """Elements, their attributes, and all text; fails for one that is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


@pytest.fixture
def content(used: Used, tmp_path: Path) -> Content:
    return sample_content(used.db, tmp_path, used.sample.finished)


def _harmless(page: str) -> _Elements:
    """Elements that are known, no script, and no address that a browser would ask."""
    found = _Elements(page)
    assert set(found.tags) <= ALLOWED, set(found.tags) - ALLOWED
    for name, value in found.attributes:
        assert not name.startswith("on"), (name, value)
        if name in ("href", "src", "xlink:href", "action", "srcset"):
            assert value == "data:,", (name, value)
    assert "@import" not in page and "url(http" not in page
    return found


def test_html_tells_all_that_a_reader_needs(used: Used, content: Content) -> None:
    found = _harmless(files.html_of(content))
    assert ("content", POLICY) in found.attributes and "default-src 'none'" in POLICY
    for words in (
        "InfMasking", "CoMM", "Cross", "Answer", "Differences", "after Holm's correction", "at least",
        "objective.masks", "training.batch_size", "Known truth", "0.469 bits", "seeds 0-2 each",
        "CoMM (Dufumier, Castillo-Navarro et al., ICLR 2025)", "Python 3",
    ):  # fmt: skip
        assert words in found.text, words
    run = content.view.groups[0].runs[0]
    weights = next(one for one in content.artifacts if one.run_id == run.id)
    assert run.digest in found.text and weights.sha256 in found.text
    assert found.tags.count("svg") == len(figures_of(content)[0]) >= 4
    identifiers = [value for name, value in found.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))


def test_hostile_names_are_text_everywhere(used: Used, tmp_path: Path) -> None:
    content = sample_content(used.db, tmp_path, used.sample.finished, hostile=True)
    found = _harmless(files.html_of(content))
    assert "<img src=x onerror=alert(1)> & \\input{x}" in found.text and "\u202e" not in found.text
    latex = files.latex_of(content)
    check(latex)
    assert r"\textbackslash{}input\{x\}" in latex and r"\input" not in latex
    assert files.stem_of(content) == "img-src-x-onerror-alert-1-input-x-_-script"


def test_latex_is_read_and_tells_what_is_decided(content: Content) -> None:
    scores, differences = check(files.latex_of(content))
    names = [row[0] for row in scores]
    assert names[-2:] == [r"\emph{Chance}", r"\emph{Known truth}"] and {"InfMasking", "CoMM"} <= set(names)
    bold = [(row[0], cell) for row in scores for cell in row[1:] if "mathbf" in cell]
    best = {label for cells in content.answer.cells.values() for label, cell in cells.items() if cell.best}
    assert {name for name, _ in bold} == best
    compared = [one for one in content.answer.differences.values() if one.decision.difference.estimate]
    assert len(differences) - 1 == len(compared)
    decided = sum(one.decision.decided for one in compared)
    assert sum("mathbf" in " ".join(row) for row in differences) == decided > 0


def test_latex_marks_what_is_reported_and_chance(content: Content) -> None:
    from engine.presets.reported import Published

    question = content.answer.questions[0]
    cells = dict(content.answer.cells[question.key])
    cells["CoMM"] = cells["CoMM"]._replace(reported=Published(0.712, 0.004, quoted=True))
    answer = content.answer._replace(cells={**content.answer.cells, question.key: cells})
    (text,) = score_tables(answer)
    (rows,) = check(text)
    assert r"\emph{reported}" in " ".join(rows[2]) and "reported by Wen, Dai et al." in text
    assert r"\emph{$71.2 \pm 0.4$}$^{\dagger}$" in next(row for row in rows if row[0] == "CoMM")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX here")
def test_latex_compiles(used: Used, tmp_path: Path) -> None:
    content = sample_content(used.db, tmp_path, used.sample.finished, hostile=True)
    (tmp_path / "report.tex").write_text(files.latex_of(content))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]


def test_tables_are_tidy_as_csv_and_parquet(used: Used, content: Content) -> None:
    with zipfile.ZipFile(io.BytesIO(files.zipped(files.table_files(used.db, content)))) as archive:
        names = set(archive.namelist())
        runs = pl.read_parquet(archive.read("tables/runs.parquet"))
        curves = pl.read_parquet(archive.read("tables/curves.parquet"))
        results = pl.read_csv(archive.read("tables/results.csv"))
    wanted = ("runs", "results", "decompositions", "answer", "differences", "curves")
    assert names == {f"tables/{name}.{form}" for name in wanted for form in ("csv", "parquet")}
    assert runs.height == len(content.view.runs) and runs["training.epochs"].null_count() == 0
    ids = {run.id for run in content.view.runs}
    assert set(curves["run_id"]) <= ids and {"step", "value", "key"} <= set(curves.columns)
    assert set(results["task"]) == {"share", "unique1", "unique2", "synergy"}


def test_points_past_a_bound_are_given_once_and_said(used: Used) -> None:
    ids = list(used.sample.finished[:2])
    both = dict(files.curve_files(used.db, ids))
    assert set(both) == {"tables/curves.parquet", "tables/curves.csv"}
    frame = pl.read_parquet(both["tables/curves.parquet"])
    assert frame.height == pl.read_csv(both["tables/curves.csv"]).height > 1_000
    few = dict(files.curve_files(used.db, ids, most=100))
    assert set(few) == {"tables/curves.parquet", "tables/left-out.txt"}
    assert f"{frame.height:,} points are more than 100" in few["tables/left-out.txt"].decode()


def test_charts_are_files_under_their_names(content: Content) -> None:
    drawn = dict(files.chart_files(content, ["svg"]))
    assert set(drawn) == {f"charts/{one.stem}.svg" for one in figures_of(content)[0]}
    assert all(svg.startswith(b"<svg") for svg in drawn.values())


def test_a_study_without_runs_or_without_that_baseline_is_one_line(used: Used, content: Content) -> None:
    empty = create_study(used.db, "Empty")
    with pytest.raises(ReportError, match="study 'Empty' has no run yet"):
        content_of_study(used.db, empty)
    assert content.view.study is not None
    with pytest.raises(ReportError, match="no configuration 'Nobody' in this study; choose from InfMasking"):
        content_of_study(used.db, content.view.study.id, "Nobody")


def test_a_study_of_which_nothing_has_a_result_is_told(used: Used) -> None:
    from storage.studies import take_in

    number = create_study(used.db, "Young")
    take_in(used.db, number, [used.sample.by_state["queued"]])
    content = content_of_study(used.db, number)
    assert "No run has a result yet." in _harmless(files.html_of(content)).text
    assert check(files.latex_of(content)) == []
    assert methods_paragraph(content)


def test_no_more_charts_than_a_reader_looks_at(content: Content) -> None:
    questions = tuple(
        question._replace(data=f"data {number}")
        for number in range(20)
        for question in content.answer.questions
    )
    cells = {
        one.key: content.answer.cells[content.answer.questions[0].data, one.name, one.kind]
        for one in questions
    }
    shown, said = figures_of(
        content._replace(answer=content.answer._replace(questions=questions, cells=cells))
    )
    assert len(shown) == MOST_FIGURES and "further charts are not drawn." in said[0]


def test_names_inside_several_charts_do_not_meet() -> None:
    svg = '<svg a="b"><clipPath id="clip0"></clipPath><g clip-path="url(#clip0)"></g></svg>'
    assert 'id="f3-clip0"' in figure(svg, "t", "c", 3) and "url(#f3-clip0)" in figure(svg, "t", "c", 3)


def test_tables_escape_names_columns_and_cells() -> None:
    drawn = table([{HOSTILE: HOSTILE, "b": HOSTILE}], {(0, "b")})
    found = _Elements(drawn)
    assert set(found.tags) == {"div", "table", "thead", "tbody", "tr", "th", "td", "strong"}
    assert len(drawn) < 2_000 and table([]) == ""
