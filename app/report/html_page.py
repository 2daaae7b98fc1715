"""HTML by hand: what every text becomes, tables, and the frame of a page that asks nothing of anybody. Pure
functions."""

import html
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

from app.chart_files.look import LINES, TEXT

LONGEST = 2_000
"""Characters of one text."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing but what stands in it; and no script runs."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of reading, and lone surrogates."""
_NAMED = re.compile(r'(\bid="|url\(#|href="#)')


def text(value: object) -> str:
    """HTML that shows just this text, bounded."""
    words = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(value))
    return html.escape(words if len(words) <= LONGEST else words[: LONGEST - 1] + "…")


def table(rows: Sequence[Mapping[str, str]], strong: Collection[tuple[int, str]] = ()) -> str:
    """Rows as a table; the first column names each. strong: (row, column) of cells that stand out."""
    if not rows:
        return ""
    columns = list(rows[0])
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    body = []
    for place, row in enumerate(rows):
        cells = [f'<th scope="row">{text(row[columns[0]])}</th>']
        for name in columns[1:]:
            shown = text(row[name])
            cells.append(f"<td>{f'<strong>{shown}</strong>' if (place, name) in strong else shown}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )


def section(title: str, *parts: str, anchor: str = "") -> str:
    """A part of the page under its heading; nothing where all parts are empty."""
    inside = "".join(parts)
    named = f' id="{anchor}"' if anchor else ""
    return f"<section{named}><h2>{text(title)}</h2>{inside}</section>" if inside else ""


def paragraph(*sentences: str, kind: str = "") -> str:
    """Sentences as one paragraph; nothing where there are none."""
    words = " ".join(text(sentence) for sentence in sentences if sentence)
    named = f' class="{kind}"' if kind else ""
    return f"<p{named}>{words}</p>" if words else ""


def bullets(lines: Sequence[str]) -> str:
    """Sentences as a list."""
    return f"<ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>" if lines else ""


def figure(svg: str, title: str, caption: str, number: int) -> str:
    """A chart with its words. Names inside of it are made its own, for those of several charts are alike."""
    own = _NAMED.sub(rf"\g<1>f{number}-", svg)
    own = own.replace("<svg ", f'<svg role="img" aria-label="{text(title)}" ', 1)
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{text(title)}</h3>{own}{below}</figure>"


def page(title: str, body: str) -> str:
    """The whole document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{text(title)}</title>\n<style>{style()}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


@cache
def style() -> str:
    """The style sheet, with the charts' ink and lines in the page's own colours."""
    sheet = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    return sheet.replace("CHART_TEXT", TEXT).replace("CHART_LINES", LINES)
