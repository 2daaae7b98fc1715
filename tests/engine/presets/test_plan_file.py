"""Plans as files: what is written reads back as the same plan, and what cannot be read is one line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.presets.expansion import expand
from engine.presets.plan_file import parse_plan, read_plan_file, write_plan
from engine.presets.preset import load_preset, load_table, plan_of, preset_names, table_names
from engine.settings.experiment import SettingsError

FULL = {
    "name": "mask ratio",
    "title": 'Masks, "more" or less\n— ρ',
    "question": "Does more masking keep more synergy?",
    "methods": ["infmasking", "comm"],
    "seeds": "0-2",
    "drawn": 4,
    "draw_seed": 7,
    "common": {"training": {"epochs": 2, "learning_rate": 1e-05}, "reset": ["encoders.x1"]},
    "method": {"comm": {"objective": {"term_weights": [1.0, 2.0, 3.0]}}},
    "dataset": {"a b": {"preset": "bits-quick"}, "ü": {"preset": "bits-quick", "data": {"biased": False}}},
    "vary": [
        {"objective.temperature": "0.05…0.2 by 0.05"},
        {"training.learning_rate": [0.001, 0.0001], "training.weight_decay": [0, 0.1]},
        {"fusion": {"layers": [1, 2]}},
    ],
}


def test_a_full_plan_reads_back_and_gives_the_same_runs(tmp_path):
    plan = plan_of(FULL)
    file = tmp_path / "other.toml"
    file.write_text(write_plan(plan), encoding="utf-8")
    again = read_plan_file(file)
    assert again == plan
    assert expand(again) == expand(plan)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_reads_back(name):
    assert parse_plan(write_plan(load_preset(name)), name) == load_preset(name)


@pytest.mark.parametrize("name", table_names())
def test_every_table_reads_back(name):
    assert parse_plan(write_plan(load_table(name)), name) == load_table(name)


scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
)
keys = st.text(min_size=1, max_size=8).filter(lambda key: key not in ("reset", "seed", "objective"))
layers = st.recursive(
    st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3),
    lambda inner: st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def printable(value: Any) -> Any:
    """As it comes back: half a surrogate pair is no text that a file could hold."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode())


@given(layers, st.text(max_size=40))
def test_any_settings_and_any_text_read_back(layer: dict[str, Any], title: str):
    if printable(layer) != layer or printable(title) != title:
        return
    plan = plan_of({"name": "x", "methods": ["comm"], "seeds": [0], "title": title, "common": layer})
    assert parse_plan(write_plan(plan), "x") == plan


def test_a_file_is_called_by_its_name_and_takes_what_its_preset_says(tmp_path):
    file = tmp_path / "my sweep.toml"
    file.write_text('preset = "bits-quick"\n[[vary]]\nobjective.masks = "2, 4"\n')
    plan = read_plan_file(file)
    assert (plan.name, plan.methods, plan.seeds) == ("my sweep", ("infmasking", "comm", "cross"), (0, 1, 2))
    assert len(expand(plan)) == 4 * 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("methods = [", "is no valid TOML"),
        ("seeds = [0]", "methods is missing"),
        ('methods = ["comm"]\nseeds = [0]', "data is missing"),
        ('preset = "bits-quick"\nvary = 3', "vary: "),
        ('preset = 3\nmethods = ["comm"]\nseeds = [0]', "preset: "),
        ('preset = "bits-quick"\n[[vary]]\n"a" = [1]\n[vary.x]', "no setting 'a'"),
    ],
)
def test_what_is_no_plan_is_one_line(tmp_path, text, line):
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        expand(read_plan_file(file))
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_the_plan_in_the_docs_can_be_started():
    text = (Path(__file__).parents[3] / "docs/adding.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    runs = expand(parse_plan(block, "docs"))
    assert len(runs) == (5 * 2 * 3 + 2) * 5
    assert {run.settings.training.epochs for run in runs} == {10}


def test_a_setting_that_is_none_is_taken_from_what_lies_below():
    plan = plan_of(
        {
            "name": "x",
            "methods": ["infmasking"],
            "seeds": [0],
            "dataset": {
                "a": {"preset": "ur-funny", "method": {"infmasking": {"objective": {"term_weights": None}}}}
            },
        }
    )
    again = parse_plan(write_plan(plan), "x")
    assert expand(again) == expand(plan)
    (run,) = expand(again)
    assert run.settings.objective.term_weights is None
