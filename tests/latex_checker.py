"""A strict reader of LaTeX as our reports write it: only what is known passes, so that what compiles nowhere
fails here too. Raises `AssertionError` with the place."""

import re

KNOWN = {
    "documentclass",
    "usepackage",
    "title",
    "author",
    "begin",
    "end",
    "maketitle",
    "section",
    "emph",
    "textbf",
    "small",
    "centering",
    "caption",
    "label",
    "toprule",
    "midrule",
    "bottomrule",
    "cmidrule",
    "multicolumn",
    "mathbf",
    "mathrm",
    "text",
    "pm",
    "dagger",
    "downarrow",
    "alpha",
    "mbox",
    "times",
    "cdot",
    "ldots",
    "textbackslash",
    "textasciicircum",
    "textasciitilde",
    "textless",
    "textgreater",
    "textbar",
    "textquotedbl",
    "textquotesingle",
    "textasciigrave",
    "textendash",
    "textemdash",
    "textquoteright",
    "textquoteleft",
    "textquotedblleft",
    "textquotedblright",
    "geq",
    "leq",
    "approx",
    "to",
    "surd",
    "ss",
    "o",
    "O",
    "ae",
    "AE",
    "l",
    "L",
    "i",
    "beta",
    "gamma",
    "delta",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "varsigma",
    "tau",
    "upsilon",
    "varphi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Phi",
    "Psi",
    "Omega",
    "u",
    "r",
    "H",
    "v",
    "c",
    "k",
}
MATHS = {
    "pm",
    "dagger",
    "downarrow",
    "times",
    "cdot",
    "geq",
    "leq",
    "approx",
    "to",
    "surd",
    "mathbf",
    "mathrm",
}
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|([{}$&#%^_~])|([^\\{}$&#%^_~]+)", re.DOTALL)


def check(document):
    """The whole text: ASCII, known commands, balanced groups, mathematics and environments, and in each table
    as many cells a row as it has columns. Returns the tables as lists of rows of cells."""
    assert document.isascii(), [c for c in document if not c.isascii()][:5]
    _check_tokens(re.sub(r"(?m)^%.*$", "", document))
    tables = re.findall(r"\\begin\{tabular\}\{([lcr]+)\}\n(.*?)\\end\{tabular\}", document, re.DOTALL)
    assert document.count(r"\begin{tabular}") == len(tables)
    return [_rows(body, len(columns)) for columns, body in tables]


def _check_tokens(text):
    depth, maths, environments, at = 0, False, [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found, text[at : at + 40]
        command, sign, _ = found.groups()
        where = text[max(0, at - 40) : at + 40]
        at = found.end()
        if command is not None and command.isalpha():
            assert command in KNOWN, (command, where)
            assert maths or command not in MATHS, (command, where)
            if command in ("begin", "end"):
                name = re.match(r"\{([a-z]+)\}", text[at:])
                assert name, where
                if command == "begin":
                    environments.append(name[1])
                else:
                    assert environments.pop() == name[1], where
        elif command is not None:
            assert command in "{}$&%#_,\\^`'\"~=.", (command, where)
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            assert depth >= 0, where
        elif sign == "$":
            maths = not maths
        elif sign in ("^", "_"):
            assert maths, where
        elif sign == "&":
            assert "tabular" in environments and not maths, where
        elif sign in ("#", "%", "~"):
            raise AssertionError(where)
    assert (depth, maths, environments) == (0, False, [])


def _rows(body, columns):
    rows = []
    for line in body.split("\n"):
        if not line.endswith(r"\\"):
            assert re.fullmatch(
                r"((\\toprule|\\midrule|\\bottomrule|\\cmidrule\(lr\)\{\d+-\d+\}) ?)*", line
            ), line
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)&", line[:-2])]
        spans = [re.match(r"\\multicolumn\{(\d+)\}", cell) for cell in cells]
        assert sum(int(span[1]) if span else 1 for span in spans) == columns, (columns, line)
        rows.append(cells)
    return rows
