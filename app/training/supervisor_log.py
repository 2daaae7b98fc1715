"""The supervisor's log: one dated line an event, on its standard output."""

import time


def say(text: str) -> None:
    """Print a line at once."""
    print(time.strftime("%Y-%m-%d %H:%M:%S"), text, flush=True)
