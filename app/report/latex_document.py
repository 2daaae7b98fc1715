"""The report of a study in LaTeX: a document that compiles as it is, whose tables can be taken into a paper.
ASCII only; booktabs, and amsmath for text in mathematics."""

from app.comparison.sentences import sentences
from app.report.content import Content
from app.report.latex_tables import difference_table, score_tables
from app.report.latex_text import escape
from app.report.methods import SOURCES, methods_paragraph

PREAMBLE = r"""% Tables need \usepackage{amsmath,booktabs} and T1 fonts.
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage{amsmath}
\usepackage{booktabs}
\usepackage[margin=2.2cm]{geometry}
"""


def latex_document(content: Content) -> str:
    """Answer, tables and the methods paragraph."""
    view = content.view
    lines = [
        PREAMBLE,
        rf"\title{{{escape(view.name or 'Study')}}}",
        r"\author{}",
        r"\begin{document}",
        r"\maketitle",
    ]
    if view.study is not None and view.study.question:
        lines += [_text(view.study.question), ""]
    lines += [r"\section*{Answer}"]
    told = sentences(content.answer)
    for one in told:
        lines += [_text(f"{one.data}: {one}" if len(told) > 1 else str(one)), ""]
    for data, found in content.answer.cautions.items():
        lines += [_text(f"{data}: {line}" if len(told) > 1 else line) + "\n" for line in found]
    tables = score_tables(content.answer)
    differences = difference_table(content.answer)
    lines += [r"\section*{Tables}", *tables, *([differences] if differences else [])]
    lines += [r"\section*{Methods}", " ".join(map(_text, methods_paragraph(content))), ""]
    lines += [" ".join(map(_text, SOURCES)), r"\end{document}", ""]
    return "\n".join(lines)


def _text(words: str) -> str:
    """A sentence of any length, escaped in pieces that are each as long as one text may be."""
    pieces, line = [], ""
    for word in words.split():
        if line and len(line) + len(word) >= 150:
            pieces.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join(map(escape, [*pieces, line]))
