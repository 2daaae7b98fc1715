"""The overview's table: rows, results, filters."""

from conftest import Used

from app import queries
from app.runs.filters import Filters, filtered
from app.runs.table import result_column, result_panels, run_table
from storage.clock import now_ms
from storage.run import live_state


def table_of(used: Used):  # type: ignore[no-untyped-def]
    runs, now = queries.list_runs(), now_ms()
    results = queries.results([run.id for run in runs])
    panels = result_panels(results)
    return run_table(runs, results, panels, {used.sample.by_state["running"]: 1_000.0}, now), panels, runs


def test_synergy_is_the_first_result(used: Used) -> None:
    _, panels, _ = table_of(used)
    assert [panel.name for panel in panels] == ["synergy", "uniqueness", "redundancy"]


def test_results_are_means_over_tasks_in_per_cent(used: Used) -> None:
    table, panels, runs = table_of(used)
    stored = queries.results([1])
    unique = [
        value
        for task, value in zip(stored["task"], stored["value"], strict=True)
        if task.startswith("unique")
    ]
    row = table.row(next(place for place, run in enumerate(runs) if run.id == 1), named=True)
    assert row[result_column(panels[1])] == 100 * sum(unique) / 2
    assert row["method"] == "InfMasking" and row["seed"] == 0 and row["progress"] == 100
    assert row["tags"] == ["reference", "paper"]


def test_a_run_without_results_has_gaps_not_zeros(used: Used) -> None:
    table, panels, runs = table_of(used)
    row = table.row(next(place for place, run in enumerate(runs) if run.status == "queued"), named=True)
    assert row[result_column(panels[0])] is None


def test_every_state_is_told(used: Used) -> None:
    table, _, _ = table_of(used)
    assert {state for cell in table["state"] for state in cell} == {"finished", *used.sample.by_state}


def test_time_left_while_it_runs_and_time_taken_after(used: Used) -> None:
    table, _, runs = table_of(used)
    times = {run.id: time for run, time in zip(runs, table["time"], strict=True)}
    assert times[used.sample.by_state["running"]].endswith(" left")
    assert times[1] == "46 s"


def test_filters_narrow(used: Used) -> None:
    runs, now = queries.list_runs(), now_ms()

    def ids(**wanted: object) -> set[int]:
        return {run.id for run in filtered(runs, Filters(**wanted), now)}  # type: ignore[arg-type]

    everything = ids()
    assert len(everything) == len(runs)
    assert ids(states=["running"]) == {used.sample.by_state["running"]}
    assert {run.id for run in runs if live_state(run, now) == "lost"} == ids(states=["lost"])
    assert ids(methods=["comm"], states=["finished"]) == set(used.sample.finished[3:6])
    assert ids(words="PAPER first") == {1}, (
        "words are looked for in tags and notes, in any case, and all must be there"
    )
    assert ids(tags=["reference"]) == {1}
    assert ids(data=["Bits"]) == everything
    assert ids(words="no such thing") == set()
