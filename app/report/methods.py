"""The methods paragraph of a report: what was done, in words, from the settings of the runs. Pure functions.

Who a method or a data set is by stands in the first sentence of its settings' documentation, so that a new
one is cited without a line here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.comparison.answer import Answer
from app.comparison.questions import Kind
from app.groups.grouping import Group
from app.report.content import Content
from app.wording.fields import flatten, summary
from app.wording.figures import show_count
from app.wording.names import show_seeds
from engine.settings.base import Settings, members_of
from engine.settings.dataset import DatasetSettings
from engine.settings.objective import ObjectiveSettings

MOST_VALUES = 6
FAMILIES: Mapping[Kind, str] = {"score": "scores", "bits": "bits"}
"""What is corrected by itself, and what it is called."""
_CITED = re.compile(r"\(([^()]*\b(?:19|20)\d\d[^()]*)\)")
_TRAINING = (
    ("training.epochs", "epochs"),
    ("training.batch_size", "batch size"),
    ("training.learning_rate", "learning rate"),
    ("training.weight_decay", "weight decay"),
    ("training.schedule", "schedule"),
    ("training.precision", "precision"),
)
SOURCES = (
    "Information: Bertschinger et al. 2014 (arXiv 1311.2852); usable information: Xu et al., ICLR 2020 "
    "(arXiv "
    "2002.10689); corrected tests: Holm 1979; sign flips: Fisher 1935; intervals of shares: Wilson 1927.",
    "Figures marked as reported: Wen, Dai et al., NeurIPS 2025 (arXiv 2509.25270), and, where marked as "
    "quoted, "
    "from CoMM (Dufumier, Castillo-Navarro et al., ICLR 2025, arXiv 2409.07402).",
)


def methods_paragraph(content: Content) -> list[str]:
    """Sentences in their order."""
    groups = content.view.groups
    names = list(dict.fromkeys(group.method for group in groups))
    seeds = {show_seeds([run.seed for run in group.runs]) for group in groups}
    of = f"seeds {seeds.pop()} each" if len(seeds) == 1 else "several seeds each"
    data = list(dict.fromkeys(run.dataset for group in groups for run in group.runs))
    trained = "; ".join(_cited(ObjectiveSettings, name) for name in names)
    lines = [
        f"{show_count(len(groups), 'configuration')} of {show_count(len(names), 'method')} were trained with "
        f"{of}: {trained}.",
        f"Data: {'; '.join(_cited(DatasetSettings, name) for name in data)}.",
        _training(groups),
        *_probing(content),
        *_decomposing(content),
        *_statistics(content),
    ]
    return [line for line in lines if line]


def _cited(union: type[Settings], name: str) -> str:
    """ "CoMM (Dufumier, Castillo-Navarro et al., ICLR 2025)"."""
    kind = members_of(union).get(name)
    if kind is None:
        return name
    label = getattr(kind, "LABEL", None) or name
    found = _CITED.search(summary(kind))
    return f"{label} ({found[1]})" if found else str(label)


def _values(groups: Sequence[Group], path: str) -> str:
    """All values of a setting among the groups: "0.001", "50 to 100", "8, none"."""
    values: list[Any] = []
    for group in groups:
        value = flatten(group.runs[0].settings).get(path)
        if value is not None and value not in values:
            values.append(value)
    if len(values) > 1 and all(isinstance(value, int | float) for value in values):
        return f"{min(values):g} to {max(values):g}"
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values[:MOST_VALUES]]
    return ", ".join(shown) + (" …" if len(values) > MOST_VALUES else "")


def _training(groups: Sequence[Group]) -> str:
    parts = [f"{words} {value}" for path, words in _TRAINING if (value := _values(groups, path))]
    return f"Training with AdamW: {', '.join(parts)}."


def _probing(content: Content) -> Iterable[str]:
    facts = content.view.results["facts"]
    if not facts:
        return
    sizes = sorted({found["n_test"] for found in facts if found.get("n_test")})
    kinds = sorted({str(found["checkpoint"]) for found in facts if found.get("checkpoint")})
    said = f" on {_range(sizes)} test samples" if sizes else ""
    weights = f" of the {' or '.join(kinds)} weights" if kinds else ""
    yield (
        f"The frozen representation{weights} was read by a linear probe (logistic regression, one a "
        f"label for "
        f"several labels, ridge for values), whose cost was chosen on validation samples and which was "
        f"opened once"
        f"{said}."
    )


def _range(sizes: Sequence[int]) -> str:
    return f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"


def _decomposing(content: Content) -> Iterable[str]:
    trained = [one for one in content.combined if one.encoder == "trained"]
    if not trained:
        return
    found = [row.decomposition for one in trained for row in one.rows]
    probes = sorted({one.probe for one in found})
    sizes, draws = sorted({one.n for one in found}), sorted({one.draws for one in found})
    folds = sorted({f"{one.folds} folds × {len(one.fold_seeds)} divisions" for one in found})
    yield (
        "The information of each label was split into redundant, unique and synergistic bits that a "
        f"{' or '.join(probes)} probe can use, from held-out posteriors of {_range(sizes)} samples "
        f"({', '.join(folds)}; {_range(draws)} bootstrap draws). Of captured synergy only the lower limit is "
        "claimed."
    )


def _statistics(content: Content) -> Iterable[str]:
    if not content.answer.questions:
        return
    yield (
        "Figures are means over seeds with 95 % intervals that hold the spread over seeds (Student's t) "
        "and the "
        "error of the test samples."
    )
    tested = families(content.answer)
    if tested:
        yield (
            f"Differences to {content.answer.baseline} are paired by seed and decided by paired t-tests "
            f"at .05, "
            f"corrected by Holm's method over all that are compared ({tested}); beside them "
            f"stands the "
            "exact sign-flip p."
        )


def families(answer: Answer) -> str:
    """How many differences to the baseline were tested together: "6 in scores, 2 in bits"."""
    return ", ".join(
        f"{answer.family(kind)} in {words}" for kind, words in FAMILIES.items() if answer.family(kind)
    )
