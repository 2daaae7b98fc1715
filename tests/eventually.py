"""Waiting for what another process or thread does: one way, with one generous deadline."""

import inspect
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.02


def eventually(
    condition: Callable[[], bool],
    seconds: float = 60.0,
    *,
    going: Callable[[], bool] = lambda: True,
    explain: Callable[[], str] = str,
) -> None:
    """Return once the condition is true; the deadline only ends a test that hangs.

    going: whether it can still come true, e.g. that the process which should bring it about lives; explain:
    what there is to see when it does not.

    Raises AssertionError with the condition's source and the explanation when the time is up, or at once when
    it is false and can no longer come true.
    """
    end = time.monotonic() + seconds
    while not condition():
        if not going() and not condition():  # it may have come true just before its maker ended
            raise AssertionError(f"can no longer come true: {_source(condition)}\n{explain()}".rstrip())
        if time.monotonic() > end:
            raise AssertionError(f"not true in {seconds:g} s: {_source(condition)}\n{explain()}".rstrip())
        time.sleep(PAUSE_SECONDS)


def _source(condition: Callable[[], bool]) -> str:
    """The line of a lambda; the name of anything else that is called."""
    if inspect.isfunction(condition) and condition.__name__ == "<lambda>":
        return inspect.getsource(condition).strip()
    return getattr(condition, "__qualname__", repr(condition))
