"""Text in LaTeX: whatever comes, it is printed and nothing is run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from latex_checker import check

from app.report.latex_text import LONGEST, escape, figure
from app.report.rounding import Rounded


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("50 % & more_1", r"50 \% \& more\_1"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("$x^2$ #1 ~", r"\$x\textasciicircum{}2\$ \#1 \textasciitilde{}"),
        ("é Ñ ß Î", r"\'{e} \~{N} \ss{} \^{I}"),
        ("σ² ± 3", r"$\sigma$$^{2}$ $\pm$ 3"),
        ("中", r"\mbox{U+4E2D}"),
        ("two\n lines\t", "two lines"),
        ("a--b [c]", r"a{-}{-}b {[}c{]}"),
    ],
)
def test_each_sign_is_printed(text: str, latex: str) -> None:
    assert escape(text) == latex


@given(st.text())
def test_any_text_is_read_and_has_no_command_of_its_own(text: str) -> None:
    check(escape(text))
    assert len(escape(text)) <= 25 * LONGEST


@given(st.text(alphabet="\\{}$&#%^_~ab*[]-\n", min_size=1))
def test_special_signs_in_any_order_are_read(text: str) -> None:
    check(escape(text))


def test_figures_are_mathematics() -> None:
    assert figure(Rounded("77.2", "2.1", "2.1")) == r"$77.2 \pm 2.1$"
    assert figure(Rounded("77.2", "2.1", "2.1"), bold=True) == r"$\mathbf{77.2 \pm 2.1}$"
    assert figure(Rounded("98", "4", "2")) == "$98_{-4}^{+2}$"
    assert figure(Rounded("−0.5")) == "$-0.5$"
    for shown in (Rounded("–"), Rounded("+1,200", "400", "400")):
        check(figure(shown))
