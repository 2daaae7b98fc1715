"""Deletion happens once its name was typed, and not before."""

import pytest
from streamlit.testing.v1 import AppTest


def dialog() -> None:
    """The dialog's content as a page of its own: AppTest reruns whole pages, and so would close the
    dialog."""
    import streamlit as st

    from app.runs.confirmation import _ask
    from storage.run import WrongState

    def delete() -> None:
        if st.session_state.get("broken"):
            raise WrongState("run 7 is running; stop it before deleting it")
        st.session_state["events"] = ["deleted"]

    _ask("run 7", "All of it goes.", delete, lambda: st.session_state["events"].append("done"))


def opened() -> AppTest:
    return AppTest.from_function(dialog).run()


@pytest.mark.parametrize("typed", ["", "run", "run 77", "7"])
def test_another_name_deletes_nothing(typed: str) -> None:
    test = opened()
    test.text_input(key="confirm_name").set_value(typed).run()
    assert test.button[0].disabled
    assert "events" not in test.session_state


@pytest.mark.parametrize("typed", ["run 7", "  RUN 7 "])
def test_the_name_deletes_and_goes_on(typed: str) -> None:
    test = opened()
    test.text_input(key="confirm_name").set_value(typed).run()
    test.button[0].click().run()
    assert test.session_state["events"] == ["deleted", "done"]


def test_a_refusal_is_one_line_and_nothing_goes_on() -> None:
    test = opened()
    test.session_state["broken"] = True
    test.text_input(key="confirm_name").set_value("run 7").run()
    test.button[0].click().run()
    assert not test.exception
    assert [error.value for error in test.error] == ["run 7 is running; stop it before deleting it"]
    assert "events" not in test.session_state
