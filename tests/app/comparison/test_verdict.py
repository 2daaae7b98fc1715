"""Accuracy and bits in one sentence, whatever the two decide."""

import pytest

from app.comparison.verdict import reconciled
from app.groups.seed_statistics import PairedDifference, Verdict


@pytest.mark.parametrize(
    ("score", "bits", "begins"),
    [
        ("ahead", "ahead", "Accuracy and bits agree."),
        ("behind", "behind", "Accuracy and bits agree."),
        ("ahead", "behind", "Accuracy and bits point apart: accuracy counts"),
        ("undecided", "ahead", "Bits decide what accuracy leaves open: accuracy counts"),
        ("equal", "behind", "Bits decide what accuracy leaves open"),
        ("ahead", "undecided", "Bits leave open what accuracy decides"),
        ("one pair", "one pair", "Neither accuracy nor bits decide."),
    ],
)
def test_the_sentence(score: Verdict, bits: Verdict, begins: str) -> None:
    assert reconciled(score, PairedDifference((0, 1), None, bits), "accuracy").startswith(begins)
