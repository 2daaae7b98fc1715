"""Importance of settings: known shares are found again, and what cannot be told is refused."""

import numpy as np
import pytest
from sweeps import made, question

from app.preview.importance import importance
from app.preview.process import MAKERS
from app.sweep.axes import Setting, swept_settings
from app.sweep.importance import refused, request


def asked(figures: np.ndarray, **columns: np.ndarray) -> dict[str, object]:
    return {
        "figures": figures.tolist(),
        "settings": {name: [values.tolist()] for name, values in columns.items()},
    }


def test_shares_are_those_of_a_known_function() -> None:
    """2a + b + 0c with independent uniform settings: total-effect shares 4/5, 1/5 and 0."""
    a, b, c = np.random.default_rng(0).random((3, 300))
    found = importance(asked(2 * a + b, a=a, b=b, c=c))
    shares = {name: share for name, (share, _, _) in found["settings"].items()}
    assert shares["a"] == pytest.approx(0.8, abs=0.12)
    assert shares["b"] == pytest.approx(0.2, abs=0.08)
    assert shares["c"] == pytest.approx(0.0, abs=0.02)
    assert found["explained"][0] > 0.9
    assert all(low <= share <= high for share, low, high in found["settings"].values())


def test_noise_is_explained_by_nothing() -> None:
    a, noise = np.random.default_rng(1).random((2, 60))
    found = importance(asked(noise, a=a))
    share, low, _ = found["settings"]["a"]
    assert low < 0.05 and abs(share) < 0.25
    assert found["explained"][0] < 0.1


def test_an_interaction_counts_for_both() -> None:
    """(a − ½)(b − ½): all of the variance involves both, so that each total share is one."""
    a, b = np.random.default_rng(2).random((2, 600))
    found = importance(asked((a - 0.5) * (b - 0.5), a=a, b=b))["settings"]
    assert min(found["a"][0], found["b"][0]) > 0.5


def test_the_same_request_has_the_same_answer() -> None:
    a, b = np.random.default_rng(3).random((2, 20))
    assert importance(asked(a, a=a, b=b)) == importance(asked(a, a=a, b=b))
    assert MAKERS["importance"].__name__ == "importance"


def test_fewer_than_ten_configurations_are_refused_with_the_reason() -> None:
    groups, axes = made([("infmasking", {"objective__masks": masks}) for masks in range(1, 10)], seeds=(0,))
    settings = swept_settings(groups, axes)
    why = refused(groups, question(groups, lambda s, _: float(s["objective"]["masks"])), settings)
    assert why is not None and "needs 10 configurations with a figure, and here are 9" in why
    groups, axes = made([("infmasking", {"objective__masks": masks}) for masks in range(1, 11)], seeds=(0,))
    settings = swept_settings(groups, axes)
    assert refused(groups, question(groups, lambda s, _: float(s["objective"]["masks"])), settings) is None
    assert "same figure" in str(refused(groups, question(groups, lambda _, __: 0.5), settings))
    assert "No setting" in str(refused(groups, question(groups, lambda _, __: 0.5), []))


def test_settings_become_numbers_that_a_tree_can_split() -> None:
    sweep_of = [("infmasking", {"objective__masks": masks}) for masks in (1, 2, 4)]
    groups, axes = made([*sweep_of, ("comm", {})], seeds=(0,))
    found = request(groups, question(groups, lambda _, __: 0.5), swept_settings(groups, axes))
    methods = found["settings"]["method"]
    assert [sum(column) for column in methods] == [3, 1]
    (masks,) = found["settings"]["objective.masks"]
    assert masks[:3] == pytest.approx([0, np.log(2), np.log(4)]) and masks[3] < 0
    words = Setting("fusion.pool", {group.digest: name for group, name in zip(groups, "abab", strict=True)})
    assert request(groups, question(groups, lambda _, __: 0.5), [words])["settings"]["fusion.pool"] == [
        [1, 0, 1, 0],
        [0, 1, 0, 1],
    ]
