"""How much two sources tell about a target: redundancy, uniqueness and synergy in bits (partial information
decomposition).

`decompose` is exact, for discrete tables; `decompose_samples` estimates from samples what a probe can use;
`gaussian` is the closed form for jointly Gaussian variables. Names are imported when they are first asked
for, so that pages which only read results never load torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.information.gaussian import decompose_gaussian as decompose_gaussian
    from engine.information.pointwise import pointwise_table as pointwise_table
    from engine.information.results import Estimate as Estimate
    from engine.information.results import SampleDecomposition as SampleDecomposition
    from engine.information.results import TableDecomposition as TableDecomposition
    from engine.information.sample_rows import SampleRows as SampleRows
    from engine.information.samples import decompose_samples as decompose_samples
    from engine.information.table import decompose as decompose

_HOMES = {
    "decompose": "table",
    "decompose_gaussian": "gaussian",
    "decompose_samples": "samples",
    "Estimate": "results",
    "SampleDecomposition": "results",
    "SampleRows": "sample_rows",
    "TableDecomposition": "results",
    "pointwise_table": "pointwise",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
