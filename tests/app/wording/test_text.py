"""Texts of others as Markdown."""

import pytest

from app.wording.text import LONGEST, plain


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("InfMasking, seed 0", "InfMasking, seed 0"),
        ("snake_case.npz", "snake_case.npz"),
        ("no data set 'a' (did you mean 'b'?)", "no data set 'a' (did you mean 'b'?)"),
        ("$5 to $10", "\\$5 to \\$10"),
        ("[see](http://a.b)", "\\[see\\](http\\:\u200b//a.b)"),
        (":material/home:", "\\:\u200bmaterial/home:"),
        ("me@example.com", "me@\u200bexample.com"),
        ("a -> b", "a -\u200b> b"),
        ("# one", "\\# one"),
        ("1. one", "1\\. one"),
        ("1.17 MiB", "1.17 MiB"),
        ("-0.5", "-0.5"),
        ("- one", "\\- one"),
        ("a\n\n# b\tc", "a # b c"),
        ("a\x00b\x1b[0m\u202ec\ud800", "a\ufffdb\ufffd\\[0m\ufffdc\ufffd"),
        (3, "3"),
        ("", ""),
    ],
)
def test_marks_lose_their_meaning(text: object, written: str) -> None:
    assert plain(text) == written


def test_a_long_text_is_cut() -> None:
    assert plain("x" * 10_000_000) == "x" * (LONGEST - 1) + "…"
    assert len(plain(" " * 10_000 + "x")) <= LONGEST
