"""Whatever Streamlit reads as Markdown is made of fixed words, figures and `plain` texts: a walk over the
source of every page finds a place where it is not.

Safe are: literals; names in capitals, which hold the source's own words; f-strings whose values are safe or
have the format of a number; calls to `FIGURES` and to functions that say they return `Markdown` (whose
`return`s are looked at in the same way); local names that are only ever given something safe.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[3] / "app"
BODY = frozenset(
    ("markdown", "caption", "title", "header", "subheader", "error", "warning", "info", "success")
)
BODY |= frozenset(("toast", "badge", "button", "checkbox", "toggle", "radio", "selectbox", "multiselect"))
BODY |= frozenset(("slider", "select_slider", "text_input", "number_input", "text_area", "date_input"))
BODY |= frozenset(("file_uploader", "download_button", "link_button", "expander", "popover", "status"))
BODY |= frozenset(("spinner", "dialog", "segmented_control", "pills", "form_submit_button", "metric"))
BODY |= frozenset(
    ("tabs", "menu_button", "latex", "chat_input", "time_input", "color_picker", "camera_input")
)
"""Elements whose first argument is read as Markdown."""
NAMED = frozenset(("label", "body", "help", "caption", "text", "delta", "title"))
"""Arguments that are read as Markdown wherever they stand."""
ELEMENTS = BODY | frozenset(("page_link", "image", "progress", "text"))
COLUMNS = frozenset(("TextColumn", "NumberColumn", "Column", "DatetimeColumn", "ProgressColumn"))
FIGURES = frozenset(("show_count", "show_bytes", "show_duration", "show_age", "show_time", "show_clock"))
FIGURES |= frozenset(("show_number", "plain", "len", "summary", "show_seeds", "write_runs"))
"""Functions that return figures, or words that stand in the source of this project."""
LISTING = frozenset(("list", "tuple", "sorted", "zip", "enumerate"))
"""Functions whose result is as safe as what they are given."""
KEPT = frozenset(("join", "split", "removesuffix", "values", "items", "keys", "get", "strip"))
"""Methods whose result is as safe as what they are called on and with."""
NUMBERS = frozenset("bcdeEfFgGn%,")
"""Last characters of formats that only a number takes."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(APP.rglob("*.py")):
        if file != APP / "wording" / "text.py":  # which makes it
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def returns_markdown(function: ast.FunctionDef) -> bool:
    return function.returns is not None and "Markdown" in ast.unparse(function.returns)


def all_makers() -> frozenset[str]:
    """Functions that say they return Markdown."""
    walked = (node for _, tree in sources() for node in ast.walk(tree))
    return frozenset(n.name for n in walked if isinstance(n, ast.FunctionDef) and returns_markdown(n))


class Scope:
    """One function (or module) and what its names are given."""

    def __init__(self, node: ast.AST, makers: frozenset[str]) -> None:
        self.node, self.makers = node, makers
        self.given: dict[str, list[ast.expr | None]] = {}
        for inner in self._own(node):
            self._take(inner)

    def _own(self, node: ast.AST) -> Iterator[ast.AST]:
        """All nodes of this scope, functions inside it left out."""
        for child in ast.iter_child_nodes(node):
            yield child
            if not isinstance(child, ast.FunctionDef | ast.ClassDef):
                yield from self._own(child)

    def _take(self, node: ast.AST) -> None:
        if isinstance(node, ast.arg):
            said = "" if node.annotation is None else ast.unparse(node.annotation)
            fine = "Markdown" in said or said in {"int", "float", "bool"}
            self.given.setdefault(node.arg, []).append(ast.Constant("") if fine else None)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            self._bind(node.target, node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            self._bind(node.target, node.iter)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr not in {"append", "extend"}:
                return
            self._bind(node.func.value, node.args[0])

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.given.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple):
            parts: list[ast.expr] = [value] * len(target.elts)
            if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
                parts = value.elts
            elif isinstance(value, ast.Call) and getattr(value.func, "id", "") == "zip":
                parts = value.args
            for part, given in zip(target.elts, parts, strict=False):
                self._bind(part, given)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, value)

    def own_calls(self) -> Iterator[ast.Call]:
        return (node for node in self._own(self.node) if isinstance(node, ast.Call))

    def own_returns(self) -> Iterator[ast.expr]:
        for node in self._own(self.node):
            if isinstance(node, ast.Return) and node.value is not None:
                yield node.value

    def safe(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr(values=values):
                return all(self.safe(value, seen) for value in values)
            case ast.FormattedValue(value=value, format_spec=form):
                return self._is_number(form) or self.safe(value, seen)
            case ast.Name(id=name):
                if name.isupper() or name in seen:
                    return True
                given = self.given.get(name)
                return bool(given) and all(self.safe(value, seen | {name}) for value in given or [])
            case ast.Attribute(attr=name):
                return name.isupper()
            case ast.Subscript(value=value):
                return self.safe(value, seen)
            case ast.IfExp(body=body, orelse=other):
                return self.safe(body, seen) and self.safe(other, seen)
            case ast.BoolOp(values=values):
                return all(self.safe(value, seen) for value in values)
            case ast.BinOp(left=left, right=right):
                return self.safe(left, seen) and self.safe(right, seen)
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
                return all(self.safe(value, seen) for value in values)
            case ast.Dict(values=values):
                return all(self.safe(value, seen) for value in values)
            case ast.Starred(value=value) | ast.DictComp(value=value):
                return self.safe(value, seen)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                return self.safe(element, seen)
            case ast.Call():
                return self._safe_call(node, seen)
        return False

    def _safe_call(self, call: ast.Call, seen: frozenset[str]) -> bool:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in FIGURES | LISTING or name in self.makers:
            return name not in LISTING or all(self.safe(arg, seen) for arg in call.args)
        if isinstance(call.func, ast.Attribute) and name in KEPT:
            return self.safe(call.func.value, seen) and all(self.safe(arg, seen) for arg in call.args)
        return name == "Markdown" and self.safe(call.args[0], seen)

    def _is_number(self, form: ast.expr | None) -> bool:
        parts = form.values if isinstance(form, ast.JoinedStr) else []
        last = parts[-1] if parts else None
        return isinstance(last, ast.Constant) and str(last.value)[-1:] in NUMBERS


def read_as_markdown(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that Streamlit reads as Markdown."""
    if not isinstance(call.func, ast.Attribute):
        return
    name = call.func.attr
    if name in ELEMENTS:
        if name in BODY:
            yield from call.args[: 2 if name == "metric" else 1]
        yield from (word.value for word in call.keywords if word.arg in NAMED)
    elif name in COLUMNS:
        yield from (word.value for word in call.keywords if word.arg == "help")
    if name in {"radio", "pills", "segmented_control"}:
        yield from call.args[1:2]


def test_nothing_is_written_by_kind() -> None:
    """`st.write` reads a text as Markdown or not, by what it is given."""
    calls = [node for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(calls) > 1000
    assert "st.write" not in {ast.unparse(call.func) for call in calls}


def faults_of(file: Path, tree: ast.Module, makers: frozenset[str]) -> Iterator[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in (tree, *functions):
        scope = Scope(node, makers)
        shown = [argument for call in scope.own_calls() for argument in read_as_markdown(call)]
        if isinstance(node, ast.FunctionDef) and returns_markdown(node):
            shown += scope.own_returns()
        for argument in shown:
            if not scope.safe(argument):
                yield f"{file.relative_to(APP.parent)}:{argument.lineno}: {ast.unparse(argument)}"


def test_every_text_on_a_page_is_plain() -> None:
    makers = all_makers()
    faults = [fault for file, tree in sources() for fault in faults_of(file, tree, makers)]
    assert not faults, "wrap in app.wording.text.plain what is not the source's own:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown(f'**{run.title}**')",
        "st.error(str(error))",
        "st.caption(name)",
        "st.button('Go', help=run.note)",
        "words = ['a']; words.append(run.title); st.markdown(' '.join(words))",
        "st.tabs(names)",
        "st.text_input(f'Type {name}')",
        "config.TextColumn('A', help=run.note)",
    ],
)
def test_the_walk_finds(line: str) -> None:
    tree = ast.parse(f"def draw(run, error, name, names):\n    {line}")
    assert list(faults_of(APP / "made.py", tree, frozenset()))


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown(f'**{plain(run.title)}** {run.id:d}')",
        "words = ['a', *(plain(x) for x in names)]; st.markdown(' '.join(words))",
        "st.caption('a' if run else WORDS[run.kind])",
    ],
)
def test_the_walk_lets_pass(line: str) -> None:
    tree = ast.parse(f"def draw(run, error, name, names):\n    {line}")
    assert not list(faults_of(APP / "made.py", tree, frozenset()))
