"""The files of a report: HTML, LaTeX, tidy tables as CSV and Parquet, charts as SVG, PNG and PDF; one by one,
in a folder or as one ZIP. No Streamlit here."""

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow.parquet as pq

from app.chart_files.drawing import Drawing, Form, draw_all, file_stem
from app.chart_files.look import paper_spec
from app.comparison.tables import difference_frame, seed_frame
from app.report.content import Content, ReportError
from app.report.figures import figures_of
from app.report.html_report import html_report
from app.report.latex_document import latex_document
from app.tidy_frames import curve_frame, decomposition_frame, result_frame, run_frame
from app.wording.exports import as_csv
from app.wording.fields import flatten
from storage import queries
from storage.database import Database

MOST_CSV_POINTS = 1_000_000
"""Points of curves that are given as CSV too; a point is some fifty bytes there and ten as Parquet."""


def html_of(content: Content) -> str:
    """The report as HTML. Raises `DrawingError`."""
    shown, left_out = figures_of(content)
    drawings = [Drawing(paper_spec(one.chart, background=None), "svg") for one in shown]
    return html_report(content, list(zip(shown, draw_all(drawings), strict=True)), left_out)


def latex_of(content: Content) -> str:
    """The report in LaTeX."""
    return latex_document(content)


def tables_of(db: Database, content: Content) -> Iterator[tuple[str, pl.DataFrame]]:
    """Tidy tables by name, one after the other: runs with their settings, results, decompositions, and
    the answer's figures and differences. Raises `DatabaseError`."""
    view = content.view
    runs = sorted(view.runs, key=lambda run: run.id)
    paths = dict.fromkeys(path for run in runs for path in flatten(run.settings))
    ids = [run.id for run in runs]
    yield "runs", run_frame(runs, view.axes, list(paths))
    yield "results", result_frame(queries.results(db, ids), runs, view.axes)
    yield "decompositions", decomposition_frame(queries.decompositions(db, ids), runs, view.axes)
    yield "answer", seed_frame(content.answer)
    if content.answer.differences:
        yield "differences", difference_frame(content.answer)


def csv_of(frame: pl.DataFrame) -> str:
    """A tidy frame as CSV; lists are joined with semicolons."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return as_csv(frame.with_columns(pl.col(name).list.join("; ") for name in lists))


def parquet_of(frame: pl.DataFrame) -> bytes:
    """A tidy frame as Parquet."""
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def table_files(db: Database, content: Content) -> Iterator[tuple[str, bytes]]:
    """Every tidy table as CSV and as Parquet, then every point of the curves."""
    for name, frame in tables_of(db, content):
        yield f"tables/{name}.csv", csv_of(frame).encode()
        yield f"tables/{name}.parquet", parquet_of(frame)
    yield from curve_files(db, [run.id for run in sorted(content.view.runs, key=lambda run: run.id)])


def curve_files(
    db: Database, run_ids: Sequence[int], most: int = MOST_CSV_POINTS
) -> Iterator[tuple[str, bytes]]:
    """Every point of the curves as Parquet, and as CSV where there are at most `most`. One run after the
    other, so that memory holds the points of one. Raises `DatabaseError`."""
    points = sum(queries.summaries(db, run_ids)["n"])
    with tempfile.TemporaryFile() as parquet, tempfile.TemporaryFile() as csv:
        empty = curve_frame(queries.metric_points(db, []))
        schema = empty.to_arrow().schema
        if points <= most:
            csv.write(csv_of(empty).encode())
        with pq.ParquetWriter(parquet, schema, compression="zstd") as writer:
            for run_id in run_ids:
                frame = curve_frame(queries.metric_points(db, [run_id]))
                writer.write_table(frame.to_arrow().cast(schema))
                if points <= most:
                    csv.write(csv_of(frame).encode().partition(b"\n")[2])
        yield "tables/curves.parquet", _whole(parquet)
        if points <= most:
            yield "tables/curves.csv", _whole(csv)
        else:
            why = f"{points:,} points are more than {most:,}; curves.parquet holds all."
            yield "tables/left-out.txt", f"curves.csv is left out: {why}\n".encode()


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def chart_files(
    content: Content, forms: Iterable[Form] = ("svg", "png", "pdf")
) -> Iterator[tuple[str, bytes]]:
    """Every chart of the report in each form, with its title. Raises `DrawingError`."""
    shown, _ = figures_of(content)
    wanted = [(one, form) for one in shown for form in forms]
    drawings = [Drawing(paper_spec(one.chart, one.title), form) for one, form in wanted]
    for (one, form), drawn in zip(wanted, draw_all(drawings), strict=True):
        yield f"charts/{one.stem}.{form}", drawn


def every_file(db: Database, content: Content) -> Iterator[tuple[str, bytes]]:
    """All files of the report by their paths."""
    yield "report.html", html_of(content).encode()
    yield "report.tex", latex_of(content).encode()
    yield from chart_files(content)
    yield from table_files(db, content)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files as one ZIP."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files:
            archive.writestr(path, content)
    return stream.getvalue()


def stem_of(content: Content) -> str:
    """The study's name as the name of a file."""
    return file_stem(content.view.name, "study")


def write_files(files: Iterable[tuple[str, bytes]], folder: Path) -> list[Path]:
    """Write the files into a folder, which is made where it is not there; those of an earlier report are
    replaced. Raises `ReportError` where that cannot be."""
    written = []
    try:
        for path, content in files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.append(target)
    except OSError as error:
        raise ReportError(f"{folder} cannot be written to: {error.strerror or error}") from None
    return written
