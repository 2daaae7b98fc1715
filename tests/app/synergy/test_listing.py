"""Decompositions as lines: the two kinds of synergy among them, and results of versions that had none."""

from made_decompositions import made

from app.synergy.listing import as_lines
from app.synergy.rows import figure, read_rows, tells_kinds

KINDS = ("late", "interaction", "complementarity")


def columns(contents: list[dict]) -> dict[str, list]:
    n = len(contents)
    return {
        "run_id": [1] * n,
        "task": [f"task{number}" for number in range(n)],
        "sides": ["a | b"] * n,
        "encoder": ["trained"] * n,
        "epoch": [3] * n,
        "content": contents,
    }


def test_interaction_and_complementarity_are_listed_and_a_dash_where_they_were_not_told():
    content = made((0.1, 0.05, 0.0, 0.2)).model_dump(mode="json")
    former = {name: value for name, value in content.items() if name not in KINDS}
    head, told, untold, *_ = as_lines(columns([content, former]))
    place = head.index("INTERACTION"), head.index("COMPLEMENTARITY")
    assert told[place[0] :].startswith("0.150 [0.120, 0.180]") and told[place[1] :].startswith("0.050")
    assert untold[place[0] :].startswith("–") and untold[place[1] :].startswith("–")


def test_results_of_earlier_versions_are_read_without_the_kinds():
    content = made((0.1, 0.05, 0.0, 0.2)).model_dump(mode="json")
    new, former = read_rows(columns([content, {k: v for k, v in content.items() if k not in KINDS}]))
    assert tells_kinds([new]) and not tells_kinds([new, former])
    parts = figure([new], "interaction").mean + figure([new], "complementarity").mean
    assert parts == figure([new], "synergy").mean
