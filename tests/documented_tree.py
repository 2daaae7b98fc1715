"""The tree in docs/architecture.md: one line a file, taken from the files' own docstrings.

`python tests/documented_tree.py` writes it anew, after files were added, moved or said anew what they are.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/architecture.md"
PLACES = ("app", "engine", "storage")
BEGIN, END = "<!-- tree -->\n", "<!-- end of tree -->\n"
LINE = re.compile(r"^- `([\w/.]+\.py)`: (.*)$", re.MULTILINE)


def tree() -> dict[str, str]:
    """Every file of the three parts that holds anything, and the first sentence of what it says of itself."""
    files = [file for place in PLACES for file in sorted((ROOT / place).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): first_sentence(file) for file in files if file.stat().st_size}


def first_sentence(file: Path) -> str:
    """Up to the first full stop that ends a sentence; one that stands in brackets or a name does not."""
    text = " ".join((ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[^.][a-zé)»\]`0-9])\. (?=[A-Z`])", text)[0].rstrip(".").replace(" — ", ": ")


def listed() -> dict[str, str]:
    """The files that the page names, with their lines."""
    return dict(LINE.findall(PAGE.read_text("utf-8")))


def section() -> str:
    """The tree as the page shows it: a heading a folder, a line a file."""
    lines: list[str] = []
    folder = ""
    for path, line in sorted(tree().items(), key=lambda entry: (str(Path(entry[0]).parent), entry[0])):
        if str(Path(path).parent) != folder:
            folder = str(Path(path).parent)
            lines += ["", f"### {folder}/", ""]
        lines.append(f"- `{path}`: {line}")
    return "\n".join(lines[1:]) + "\n"


def main() -> None:
    """Write the tree into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{section()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
