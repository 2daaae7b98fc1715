"""Exact decomposition: seconds on one core, beside scipy's general solver on what it can do.

`python tests/benchmarks/bench_decomposition.py`
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
import warnings

import numpy as np
from scipy.optimize import LinearConstraint, minimize

from engine.information import decompose
from engine.information.table import information_terms, union_information

SHAPES = ((10, 10, 10), (20, 20, 2), (50, 50, 10), (2, 30, 5))
ROUNDS = 3


def seconds(work):
    """Smallest CPU time of some rounds, and what the work returned."""
    best, result = float("inf"), None
    for _ in range(ROUNDS):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


def general_solver(table):
    """Union information in bits by scipy's trust-constr over all cells, with both pair marginals as linear
    constraints."""
    shape = table.shape
    cells = np.eye(table.size).reshape(*shape, table.size)
    rows = np.concatenate([cells.sum(1).reshape(-1, table.size), cells.sum(0).reshape(-1, table.size)])
    known = rows @ table.ravel()

    def information(q):
        return float(information_terms(np.clip(q, 1e-300, None).reshape(1, *shape)).information[0])

    warnings.simplefilter("ignore")  # its constraints are redundant, which it mentions at every step
    start = np.einsum("ac,bc->abc", table.sum(1), table.sum(0)) / table.sum((0, 1))
    found = minimize(
        information,
        start.ravel(),
        method="trust-constr",
        bounds=[(0, 1)] * table.size,
        constraints=LinearConstraint(rows, known, known),
    )
    return found.fun


def main():
    """Print the table."""
    draw = np.random.default_rng(0)
    print("| table | CPU-s | iterations | gap, bits |")
    print("| --- | --- | --- | --- |")
    for shape in SHAPES:
        for name, table in (
            ("dense", draw.gamma(0.3, size=shape)),
            ("sparse", draw.gamma(0.3, size=shape) * (draw.random(shape) < 0.2)),
        ):
            whole = table / table.sum()
            spent, found = seconds(lambda whole=whole: decompose(whole))
            print(
                f"| {' × '.join(map(str, shape))} {name} | {spent:.3f} | {found.iterations} | "
                f"{found.gap:.1e} |"
            )
    many = draw.dirichlet(np.ones(128), 200).reshape(200, 8, 8, 2)
    spent, (low, high, _) = seconds(lambda: union_information(many))
    print(f"| 200 tables 8 × 8 × 2 at once | {spent:.3f} | | {(high - low).max():.1e} |")
    small = draw.dirichlet(np.ones(27)).reshape(3, 3, 3)
    ours, exact = seconds(lambda: decompose(small))
    start = time.process_time()
    theirs = general_solver(small)
    spent = time.process_time() - start
    error = theirs - (exact.union_low + exact.union_high) / 2
    print(
        f"\nscipy's trust-constr, as it comes, on 3 × 3 × 3: {spent / ours:.0f} times our CPU time, its "
        f"error {error:.1e} bit."
    )


if __name__ == "__main__":
    main()
