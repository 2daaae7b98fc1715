"""The checkpoints page: what is kept, the chosen file, and deletion by name."""

import pytest
from conftest import OpenPage, Used, all_text

from storage.artifacts import get_artifact, list_artifacts


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
