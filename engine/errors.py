"""The one base of all errors that a user can mend: each message is one line with what came and what is
allowed."""

LONGEST_LINE = 2_000
"""Characters. A list of allowed names takes some hundred; a name in a file would take what it likes."""


class UserError(ValueError):
    """Shown to users as it is, without a trace: always one line of bounded length that can be printed."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class DatasetError(UserError):
    """Data that cannot be used. It stands here, without torch, for readers of files that the dashboard calls
    too."""


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text with single blanks between words, cut at `longest`; what does not print (controls, escape
    sequences, turned writing directions, bytes that were no UTF-8) as its code."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    shown = (
        c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode() for c in text
    )
    return " ".join("".join(shown).split())
