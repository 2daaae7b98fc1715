"""What docstrings, the README and docs/ cite exists; the tree in docs/architecture.md is the tree."""

import ast
import re
from pathlib import Path

import pytest
from documented_tree import listed, tree

ROOT = Path(__file__).parents[1]
PLACES = ("app", "engine", "storage", "tests")
PAGE = re.compile(r"(?<![\w/.-])(?:docs/)?([\w-]+\.md)(?:#([\w-]+))?")
PATH = re.compile(r"(?<![\w/.:-])((?:app|engine|storage|tests|docs)/[\w./-]*\.(?:py|toml|json|md))\b")
BARE = re.compile(r"`([a-z]\w*\.py)`")
NOBODY_GETS = re.compile(r"\b(?:METHOD|SYNERGY|DATASETS|DESIGN|SCALE|WHERE|OWN_DATA)(?:\.md\b|,?\s+§)")


def docstrings(file):
    """All texts of a Python file that stand as statements: docstrings, and those below constants."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        for child in getattr(node, "body", []) if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                yield str(child.value.value)


def comments(file):
    return (line.strip() for line in file.read_text("utf-8").splitlines() if line.strip().startswith("#"))


def texts():
    """What is checked: file and its text."""
    for place in PLACES:
        for file in sorted((ROOT / place).rglob("*.py")):
            yield file, "\n".join([*docstrings(file), *comments(file)])
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        yield file, file.read_text("utf-8")


def anchors(page):
    """A page's headings, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing(text):
    """Pages, anchors and files that a text cites and that are not there."""
    for name, anchor in PAGE.findall(text):
        places = [ROOT / "docs" / name, ROOT / name, ROOT / "tests/golden/fusion" / name]
        page = next((place for place in places if place.is_file()), None)
        if page is None:
            yield name
        elif anchor and anchor not in anchors(page):
            yield f"{name}#{anchor}"
    for path in PATH.findall(text):
        if "NAME" not in path and not (ROOT / path).exists():
            yield path
    for name in BARE.findall(text):
        if not any(next((ROOT / place).rglob(name), None) for place in PLACES):
            yield name


def test_whatever_is_cited_exists():
    found = {str(file.relative_to(ROOT)): sorted(set(missing(text))) for file, text in texts()}
    assert {file: gone for file, gone in found.items() if gone} == {}


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("see docs/method.md#losses", []),
        ("see docs/method.md#nothing", ["method.md#nothing"]),
        ("see [there](nowhere.md)", ["nowhere.md"]),
        ("in `engine/no_such_file.py`", ["engine/no_such_file.py"]),
        ("in `no_such_file.py`", ["no_such_file.py"]),
    ],
)
def test_what_does_not_exist_is_found(text, gone):
    assert list(missing(text)) == gone


def test_nothing_cites_documents_that_nobody_gets():
    assert NOBODY_GETS.search("the loss (METHOD §3)") and NOBODY_GETS.search("as SYNERGY.md says")
    files = [str(file.relative_to(ROOT)) for file, text in texts() if NOBODY_GETS.search(text)]
    assert files == ["tests/test_docs.py"] * (("tests/test_docs.py") in files)


def test_the_tree_in_the_docs_is_the_tree():
    """`python tests/documented_tree.py` writes it anew."""
    assert listed().keys() == tree().keys()
    assert all(line.strip() for line in listed().values())
