"""Text of others on pages that read Markdown: names, titles, notes, errors, paths, addresses.

Every place that Streamlit reads as Markdown takes fixed words or `Markdown`, and a text becomes `Markdown`
only here (a test walks the source). So nobody's name is a link, a picture, a formula, an icon or an emoji.
"""

import re
from typing import NewType

Markdown = NewType("Markdown", str)
"""What may stand in Markdown: fixed words, figures, and what `plain` returns, put together."""

LONGEST = 2_000
"""Characters of one text that are shown."""
_BREAK = "\u200b"
"""A space without width: it parts what Streamlit would read as one sign, and is not seen."""
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff]"
)
"""Control characters, those without width or against the direction of reading, and lone surrogates."""
_MARKS = re.compile(r"[\\`*\[\]<$&~]|(?<![^\W_])_|_(?![^\W_])")
_FIRST = re.compile(r"^(?:[-+](?=[-\s]|$)|[=>#]|[0-9]+(?=[.)](?:\s|$)))")
"""What makes a list, a heading or a quotation at the start of a line."""
_COLON = re.compile(r":(?=[\w+:-]|//)")
"""What begins a directive (`:red[…]`), an emoji, an icon, or the rest of an address."""
_JOINED = re.compile(r"www(?=\.)|@(?=[\w-])|(?<!\S)[-<>~](?=[-<>=]{1,2}(?!\S))", re.IGNORECASE)
"""What becomes a link or an arrow without any mark around it."""


def plain(value: object) -> Markdown:
    """Markdown that is shown as just this text, in one line and at most `LONGEST` characters."""
    text = " ".join(_UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(value)[: 4 * LONGEST]).split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    text = _MARKS.sub(r"\\\g<0>", _JOINED.sub(rf"\g<0>{_BREAK}", text))
    text = _COLON.sub(rf"\\:{_BREAK}", text)
    return Markdown(_FIRST.sub(_first_escaped, text))


def _first_escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return f"{sign}\\" if sign[-1].isdigit() else f"\\{sign}"
