"""Checkpoints: every file kept in the database, to look into, download, load elsewhere and delete."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from app import queries, reader
from app.downloads import download_url
from app.live import watch
from app.runs.confirmation import confirm_deletion
from app.runs.loading_snippet import loading_snippet, modalities_of
from app.state import number_parameter, page
from app.wording.figures import show_bytes, show_count, show_facts, show_time
from app.wording.names import method_label, run_name
from app.wording.text import plain
from storage.artifacts import Artifact, delete_artifact
from storage.run import Run

TABLE = "checkpoint_list"


def render() -> None:
    """The page."""
    st.title("Checkpoints")
    watch(())
    kept = [artifact for artifact in queries.list_artifacts() if artifact.kind != "rows"]
    if not kept:
        st.info(
            "No run has kept weights yet; they appear here while the first one trains.",
            icon=":material/info:",
        )
        st.page_link(page("launch"), label="Start a comparison", icon=":material/add_circle:")
        return
    runs = {run.id: run for run in queries.list_runs({artifact.run_id for artifact in kept})}
    state = [artifact for artifact in kept if artifact.kind == "state"]
    with_state = bool(state) and st.toggle(
        "Show training states",
        key="states",
        bind="query-params",
        help="What a run needs to be resumed: weights, optimizer and generators. Of no use elsewhere.",
    )
    shown = kept if with_state else [artifact for artifact in kept if artifact.kind != "state"]
    if shown:
        _show_chosen(_choose(shown, runs), runs)
    _show_total(kept, state)


def _choose(shown: Sequence[Artifact], runs: Mapping[int, Run]) -> Artifact:
    """The table; one row is always chosen, and the URL says which."""
    wanted = number_parameter("checkpoint")
    ids = [artifact.id for artifact in shown]
    place = ids.index(wanted) if wanted in ids else 0
    st.session_state[TABLE] = {"selection": {"rows": [place]}}
    st.dataframe(
        checkpoint_table(shown, runs),
        key=TABLE,
        on_select=lambda: _take_selection(ids),
        selection_mode="single-row-required",
        hide_index=True,
        column_config=_COLUMNS,
        height=min(38 + 35 * len(shown), 400),
    )
    return shown[place]


def _take_selection(ids: Sequence[int]) -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows:
        st.query_params["checkpoint"] = str(ids[rows[0]])


def checkpoint_table(shown: Sequence[Artifact], runs: Mapping[int, Run]) -> pl.DataFrame:
    """One row a file: whose weights, which, how large, from when, and its name."""
    rows = []
    for artifact in shown:
        run = runs.get(artifact.run_id)
        method, seed = (method_label(run.method), run.seed) if run else ("", None)
        created = datetime.fromtimestamp(artifact.created_at / 1000, UTC)
        rows.append(
            (
                method,
                seed,
                artifact.kind,
                show_bytes(artifact.size),
                show_facts(artifact.facts),
                created,
                artifact.name,
            )
        )
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "method": pl.String,
        "seed": pl.Int64,
        "kind": pl.String,
        "size": pl.String,
        "facts": pl.String,
        "created": pl.Datetime("ms", "UTC"),
        "name": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


_COLUMNS = {
    "method": st.column_config.TextColumn("Method", width=110),
    "seed": st.column_config.NumberColumn("Seed", width=60, format="%d"),
    "kind": st.column_config.TextColumn(
        "Kind", width=70, help="best: lowest validation loss; last: the end of training."
    ),
    "size": st.column_config.TextColumn("Size", width=90, alignment="right"),
    "facts": st.column_config.TextColumn("Facts", width=280),
    "created": st.column_config.DatetimeColumn("Stored", format="distance", width=120),
    "name": st.column_config.TextColumn("File", width="large"),
}


def _show_chosen(artifact: Artifact, runs: Mapping[int, Run]) -> None:
    """The chosen file: download, origin, digest, how to load it, and its end."""
    run = runs.get(artifact.run_id)
    with st.container(border=True):
        what = "training state" if artifact.kind == "state" else f"{artifact.kind} weights"
        st.subheader(plain(f"{run_name(run)}: {what}" if run else artifact.name))
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown(
                f"{show_bytes(artifact.size)} ({artifact.size:,} bytes) · "
                f"{plain(show_facts(artifact.facts)) or 'no facts'} · "
                f"stored {show_time(artifact.created_at, reader.zone())}"
            )
            st.caption("File name and SHA-256")
            st.code(f"{artifact.name}\n{artifact.sha256}", language=None, wrap_lines=True)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.link_button(
                    "Download", download_url(artifact.id), type="primary", icon=":material/download:"
                )
                if st.button("Delete", icon=":material/delete:"):
                    _confirm_delete(artifact)
                if run is not None:
                    st.page_link(
                        page("run"),
                        label="Its run",
                        icon=":material/monitoring:",
                        query_params={"run": str(run.id)},
                    )
        with right:
            st.caption("Loading it")
            modalities = modalities_of(queries.database(), artifact)
            st.code(loading_snippet(artifact, modalities), language="python")


def _confirm_delete(artifact: Artifact) -> None:
    consequence = (
        "The run can then no longer be resumed." if artifact.kind == "state" else "Its run and results stay."
    )
    confirm_deletion(
        artifact.name,
        f"{show_bytes(artifact.size)} go for good. {consequence}",
        lambda: delete_artifact(queries.database(), artifact.id),
        st.rerun,
    )


def _show_total(kept: Sequence[Artifact], state: Sequence[Artifact]) -> None:
    size = show_bytes(sum(artifact.size for artifact in kept))
    of_state = (
        f", {show_bytes(sum(artifact.size for artifact in state))} of it training states" if state else ""
    )
    st.caption(f"{show_count(len(kept), 'file')} in the database, {size} together{of_state}.")
