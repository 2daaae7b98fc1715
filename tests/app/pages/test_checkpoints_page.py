"""The checkpoints page: what is kept, the chosen file, deletion by name, and that its snippets run."""

import ast
import dataclasses
from pathlib import Path

import pytest
from conftest import OpenPage, Used, all_text
from safetensors import safe_open

from app.pages.checkpoints import loading_snippet
from storage.artifacts import copy_to, get_artifact, list_artifacts


def test_nothing_kept_yet(empty_home: object, open_page: OpenPage) -> None:
    test = open_page("checkpoints")
    assert not test.exception
    assert "No run has kept weights yet" in all_text(test)


def test_weights_are_listed_and_states_only_counted(used: Used, open_page: OpenPage) -> None:
    test = open_page("checkpoints")
    assert not test.exception
    table = test.dataframe[0].value
    assert len(table) == 18 and set(table["kind"]) == {"best", "last"}
    assert "33 files in the database" in all_text(test) and "22.5 MiB of it training states" in all_text(test)


def test_states_can_be_shown(used: Used, open_page: OpenPage) -> None:
    table = open_page("checkpoints", states="true").dataframe[0].value
    assert len(table) == 33 and (table["kind"] == "state").sum() == 15


def test_the_url_chooses_the_file(used: Used, open_page: OpenPage) -> None:
    artifact = next(found for found in list_artifacts(used.db, 5) if found.kind == "best")
    test = open_page("checkpoints", checkpoint=artifact.id)
    text = all_text(test)
    assert "CoMM, seed 1: best weights" in text
    assert artifact.sha256 in text and artifact.name in text and f"{artifact.size:,} bytes" in text
    (link,) = test.get("link_button")
    assert link.proto.url == f"./download/{artifact.id}"


@pytest.mark.parametrize("wanted", ["99999", "x", "-1"])
def test_a_link_to_no_file_shows_the_newest(used: Used, open_page: OpenPage, wanted: str) -> None:
    test = open_page("checkpoints", checkpoint=wanted)
    assert not test.exception
    newest = next(found for found in list_artifacts(used.db) if found.kind != "state")
    assert newest.sha256 in all_text(test)


def test_deleting_asks_first(used: Used, open_page: OpenPage) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == "last")
    test = open_page("checkpoints", checkpoint=artifact.id)
    next(found for found in test.button if found.label == "Delete").click().run()
    assert "1.17 MiB go for good. Its run and results stay." in all_text(test)
    assert test.text_input(key="confirm_name").label == f"Type '{artifact.name}' to confirm"
    assert get_artifact(used.db, artifact.id) == artifact


def test_the_snippet_for_a_state_runs_on_the_file(
    used: Used, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == "state")
    copy_to(used.db, artifact.id, tmp_path / artifact.name)
    monkeypatch.chdir(tmp_path)
    exec(compile(loading_snippet(artifact).replace('"pt"', '"np"'), "snippet", "exec"), {})
    with safe_open(artifact.name, "np") as content:
        assert list(content.keys()) == ["fusion.weight"]


def test_the_snippet_for_weights_names_what_there_is(used: Used) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == "last")
    snippet = loading_snippet(artifact)
    compile(snippet, "snippet", "exec")
    assert f"file = {artifact.name!r}" in snippet


@pytest.mark.parametrize("kind", ["best", "state"])
def test_no_name_breaks_out_of_the_snippet(used: Used, kind: str) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == kind)
    name = 'a"\nimport os; os.system("x") # \\" \'\'\' \u2028 {}'
    tree = ast.parse(loading_snippet(dataclasses.replace(artifact, name=name)))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not imported
    (given,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and "file" in ast.unparse(node.targets[0])
    )
    assert ast.literal_eval(given) == name
