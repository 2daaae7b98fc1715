"""Tables of decompositions: phrases that many rows share stand once above."""

from app.synergy.frames import repeated_phrases, said_above, shortened


def rows(count: int, remark: str = "probe-limited", sides: str = "a | b") -> list[dict[str, object]]:
    return [
        {"Task": f"t{place}", "Sides": sides, "Nothing claimed because": "", "Remarks": remark}
        for place in range(count)
    ]


def test_a_phrase_in_many_rows_stands_once_above_with_its_number() -> None:
    table = [*rows(7), *rows(2, "seldom"), *rows(1, "")]
    assert repeated_phrases(table, 6) == {"probe-limited": 7}
    assert said_above(table, 6) == ["(1) probe-limited (7 of 10 rows)."]
    short = shortened(table, 6)
    assert [row["Remarks"] for row in short] == ["(1)"] * 7 + ["seldom"] * 2 + [""]
    assert all("Sides" not in row for row in short), "which are the same in all rows"


def test_a_small_table_keeps_its_words_and_different_sides_stay() -> None:
    table = [*rows(3), *rows(1, sides="a | c")]
    assert said_above(table, 6) == []
    assert [row["Remarks"] for row in shortened(table, 6)] == ["probe-limited"] * 4
    assert [row["Sides"] for row in shortened(table, 6)] == ["a | b"] * 3 + ["a | c"]
