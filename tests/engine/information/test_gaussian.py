"""The closed form for jointly Gaussian variables."""

import json

import numpy as np
import pytest
from golden_cases import FULL, OWN

from engine.information import decompose_gaussian
from engine.information.results import InformationError

FILES = [folder / "pid" / "gaussian.json" for folder in (FULL, OWN)]
CASES = {
    case["id"]: case
    for file in reversed(FILES)
    if file.exists()
    for case in json.loads(file.read_text())["cases"]
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name):
    case = CASES[name]
    found = decompose_gaussian(case["cov"], case["d1"], case["d2"])
    for atom, short in {"redundancy": "R", "unique1": "U1", "unique2": "U2", "synergy": "S"}.items():
        assert getattr(found, atom) == pytest.approx(case["pid_bits"][short], abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_units_of_the_variables_do_not_matter(seed):
    draw = np.random.default_rng(seed)
    root = draw.standard_normal((6, 6))
    covariance, scale = root @ root.T + np.eye(6), np.diag(10 ** draw.uniform(-2, 2, 6))
    one, other = decompose_gaussian(covariance, 2, 3), decompose_gaussian(scale @ covariance @ scale, 2, 3)
    assert other.synergy == pytest.approx(one.synergy, abs=1e-9)
    assert one.redundancy + one.unique1 + one.unique2 + one.synergy == pytest.approx(
        one.information, abs=1e-9
    )


@pytest.mark.parametrize(
    ("covariance", "words"),
    [
        (np.ones((3, 2)), "it must be square"),
        (np.eye(4), r"has 4 rows; 1 \+ 1 \+ 1 are needed"),
        (np.ones((3, 3)), "not positive definite"),
        (np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]), "not symmetric"),
        (np.full((3, 3), np.nan), "no finite numbers"),
    ],
)
def test_refused(covariance, words):
    with pytest.raises(InformationError, match=words):
        decompose_gaussian(covariance, 1, 1)
    with pytest.raises(InformationError, match="at least one"):
        decompose_gaussian(np.eye(3), 0, 2)
