"""Studies with chosen figures, for tests of the Answer tab: runs that are stored nowhere, and their
results."""

import itertools
from collections.abc import Mapping, Sequence

from made_decompositions import made
from made_runs import make_run

from app.comparison.answer import Answer, answer
from app.studies.view import StudyView, view_of
from app.synergy.rows import Row, combine
from storage.run import Run

Values = Mapping[str, Sequence[float]]
"""Method → accuracy of each seed, the first of which is 0."""


def runs_of(values: Values, *, first: int = 1, **changes: object) -> dict[str, list[Run]]:
    """Runs with these seeds, numbered from `first`."""
    numbers = itertools.count(first)
    return {
        method: [make_run(next(numbers), method, seed, **changes) for seed in range(len(drawn))]
        for method, drawn in values.items()
    }


def study(
    values: Values,
    bits: Values | None = None,
    *,
    metric: str = "accuracy",
    task: str = "synergy",
    samples: int | None = None,
    others: Sequence[tuple[Values, Mapping[str, object]]] = (),
) -> tuple[StudyView, list[Row]]:
    """A study of one task, and its decompositions. others: the same task on further data sets, each with its
    values and the settings by which its runs differ."""
    columns: dict[str, list[object]] = {name: [] for name in ("run_id", "task", "metric", "value", "facts")}
    every: list[Run] = []
    facts = {"measures": "synergy" if task == "synergy" else "label", "chance": 0.5, "n_test": samples}
    rows = []
    for place, (drawn, changes) in enumerate([(values, {}), *others]):
        for method, runs in runs_of(drawn, first=1 + 1_000 * place, **changes).items():
            every += runs
            for run, value in zip(runs, drawn[method], strict=True):
                told = facts | ({"true_synergy": 0.469} if task == "synergy" else {})
                for name, one in zip(columns, (run.id, task, metric, value, told), strict=True):
                    columns[name].append(one)
            if bits is not None and place == 0:
                for run, value in zip(runs, bits[method], strict=True):
                    found = made((0.02, 0.0, 0.0, value), doubt=0.001)
                    rows.append(Row(run.id, task, "x1 | x2", "trained", 6, found))
    return view_of(None, every[::-1], columns), rows


def answered(values: Values, bits: Values | None = None, **options: object) -> Answer:
    """The answer of such a study."""
    asked = {name: options.pop(name) for name in ("baseline", "asked") if name in options}
    view, rows = study(values, bits, **options)  # type: ignore[arg-type]
    return answer(view, combine(view.groups, rows), **asked)  # type: ignore[arg-type]
