"""The Settings tab: a sweep of stored runs against one setting, over two, over all, and what matters."""

import json
from pathlib import Path

import pytest
from conftest import OpenPage, Used, all_text
from made_decompositions import made
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from app.queries import database
from engine.presets.preset import load_preset
from storage.clock import now_ms
from storage.models import decompositions, results
from storage.runs import NewRun, create_runs, mark_ended

RATIOS, MASKS, SEEDS = (0.1, 0.3, 0.5, 0.7, 0.9), (1, 2, 4), (0, 1)
MISSING = (0.9, 4)


def synergy(ratio: float, masks: int, seed: int) -> float:
    return 0.3 - 0.5 * (ratio - 0.5) ** 2 + 0.01 * masks + 0.004 * seed


def fill_sweep(methods: tuple[str, ...] = ("infmasking",)) -> None:
    """Runs of a grid over two settings, of which one cell was never measured; and CoMM without them."""
    db, preset = database(), load_preset("bits-quick")
    grid = [
        ("infmasking", {"objective.mask_ratio": ratio, "objective.masks": masks})
        for ratio in RATIOS
        for masks in MASKS
        if (ratio, masks) != MISSING
    ]
    grid += [("comm", {}) for name in methods if name == "comm"]
    settings = [preset.experiment(method, seed, changes) for method, changes in grid for seed in SEEDS]
    ids = create_runs(
        db,
        [
            NewRun(
                f"sweep · {one.seed}",
                "bits-quick",
                "bits",
                one.objective.name,
                one.seed,
                one.digest(),
                one.model_dump(mode="json"),
                "sweep",
            )
            for one in settings
        ],
    )
    with db.write() as connection:
        for run_id, one in zip(ids, settings, strict=True):
            ratio, masks = getattr(one.objective, "mask_ratio", 0.5), getattr(one.objective, "masks", 0)
            found = made((0.0, 0.0, 0.0, synergy(ratio, masks, one.seed)))
            row = {"run_id": run_id, "task": "synergy", "sides": "x1 | x2", "encoder": "trained", "epoch": 5}
            content = found.model_dump(mode="json")
            connection.execute(insert(decompositions).values(**row, content=content, time=now_ms()))
            facts = {"measures": "synergy", "chance": 0.5, "n_test": 4000}
            score = {"run_id": run_id, "task": "synergy", "metric": "accuracy", "value": 0.7 + ratio / 10}
            connection.execute(insert(results).values(**score, facts=facts, time=now_ms()))
    for run_id in ids:
        mark_ended(db, run_id, "finished")


@pytest.fixture
def swept(empty_home: Path) -> Path:
    fill_sweep()
    return empty_home


def charts(test: AppTest) -> list[str]:
    return [chart.proto.alt for chart in test.get("vega_lite_chart")]


def open_tab(open_page: OpenPage, **query: object) -> AppTest:
    test = open_page("study", study=1, tab="Settings", **query)
    assert not test.exception
    return test


def test_synergy_in_bits_against_the_setting_with_most_values(swept: Path, open_page: OpenPage) -> None:
    test = open_tab(open_page)
    assert test.selectbox(key="sweep_x").value == "objective.mask_ratio"
    (alt,) = charts(test)
    assert "against mask ratio" in alt and "InfMasking, masks 2 0.1: 0.242 bits [" in alt
    spec = json.loads(test.get("vega_lite_chart")[0].proto.spec)
    assert len(spec["encoding"]["color"]["scale"]["domain"]) == 3, "a line for each number of masks"
    assert "single seeds" in all_text(test)


def test_an_average_is_never_silent(swept: Path, open_page: OpenPage) -> None:
    test = open_tab(open_page, sweep_others="averaged over")
    assert (
        "InfMasking: averaged over 2 combinations of masks, which every mask ratio has; 1 other is left out."
        in (all_text(test))
    )


def test_several_quantities_have_a_chart_each(swept: Path, open_page: OpenPage) -> None:
    test = open_tab(open_page)
    test.multiselect(key="sweep_of").set_value(["bits:synergy", "probe:synergy"]).run()
    assert not test.exception
    assert [alt.split(" against")[0] for alt in charts(test)] == [
        "Captured synergy in bits (task “synergy”)",
        "Synergy: accuracy",
    ]


def test_a_heat_map_shows_what_is_missing_as_missing(swept: Path, open_page: OpenPage) -> None:
    test = open_tab(open_page, sweep="Over two settings")
    (alt,) = charts(test)
    assert "4 and 0.9: not measured" in alt
    assert "2 and 0.5: 0.322 bits [" in alt
    test.selectbox(key="sweep_x").set_value("objective.masks").run()
    assert test.selectbox(key="sweep_y").value == "objective.mask_ratio"


def test_limits_narrow_the_configurations_and_their_runs_are_listed(swept: Path, open_page: OpenPage) -> None:
    test = open_tab(open_page, sweep="All settings")
    assert "14 configurations, 28 runs within the limits" in all_text(test)
    test.select_slider(key="only_objective.mask_ratio").set_value(("0.3", "0.7")).run()
    assert not test.exception
    assert "9 configurations, 18 runs within the limits" in all_text(test)
    test = open_tab(open_page, sweep="All settings", **{"only_objective.masks": ["2", "2"]})
    assert "5 configurations, 10 runs within the limits" in all_text(test)
    listed = next(frame.value for frame in test.dataframe if "This run" in frame.value.columns)
    assert listed.shape[0] == 10 and set(listed["Masks"]) == {"2"}
    assert listed["Run"][0].startswith("run?run=")


def test_what_matters_is_told_with_its_limits(swept: Path, open_page: OpenPage) -> None:
    test = open_tab(open_page, sweep="Importance")
    (alt,) = charts(test)
    assert alt.startswith("Importance of settings: mask ratio ")
    text = all_text(test)
    for word in ("extremely randomised trees", "more than 100 %", "have not seen"):
        assert word in text


def test_few_configurations_are_refused(used: Used, open_page: OpenPage) -> None:
    with used.db.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET settings = json_set(settings, '$.training.epochs', id)")
        connection.exec_driver_sql("UPDATE runs SET digest = id")
    test = open_page("study", runs="1-9", tab="Settings", sweep="Importance")
    assert "needs 10 configurations with a figure, and here are 9" in all_text(test)


def test_methods_can_be_chosen_and_those_without_the_setting_are_levels(
    empty_home: Path, open_page: OpenPage
) -> None:
    fill_sweep(("infmasking", "comm"))
    test = open_tab(open_page)
    assert "CoMM has no mask ratio: a level across." in all_text(test)
    test = open_tab(open_page, sweep_method=["CoMM"])
    assert "nothing to draw a result against" in all_text(test)


def test_where_nothing_is_swept_the_tab_says_how_to(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Settings")
    assert "nothing to draw a result against" in all_text(test)
    assert "Nothing but the method" in all_text(test)
