"""Rows of a run's decompositions, one a sample, as a Parquet file (docs/synergy.md#sample-by-sample)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.decomposing.samples import Pool
from engine.information.results import SampleDecomposition
from engine.information.sample_rows import PARTS
from engine.recorder import EncoderState

Decompositions = Mapping[Any, Mapping[str, SampleDecomposition]]
"""By sides, then by task."""
NAMES = ("task", "sides", "encoder", "split")
"""Columns of few different texts."""


class Read(NamedTuple):
    """What was read of one encoder, and from which samples."""

    encoder: EncoderState
    decompositions: Decompositions
    pool: Pool


def write_rows(file: Path, reads: Iterable[Read]) -> int:
    """Write the rows of all decompositions that have some; how many there are. Where there is none, no file
    is written.

    Columns: task, sides ("x1 | x2"), encoder, split and `sample`, its place in that split of the data set;
    label: the class, or the value to predict where there is one of it; and in bits what each view told of it
    (`engine.information.SampleRows`), in single precision.
    """
    parts = [
        _table(task, str(sides), read.encoder, decomposition, read.pool)
        for read in reads
        for sides, tasks in read.decompositions.items()
        for task, decomposition in tasks.items()
        if decomposition.rows is not None
    ]
    if not parts:
        return 0
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    pq.write_table(table, file, compression="zstd", use_dictionary=list(NAMES))
    return int(table.num_rows)


def _table(
    task: str, sides: str, encoder: str, decomposition: SampleDecomposition, pool: Pool
) -> dict[str, NDArray[Any]]:
    rows = decomposition.rows
    assert rows is not None
    n = len(rows.index)
    splits, samples = pool.places()
    labels = pool.labels[task][rows.index]
    single = labels.reshape(n, -1).shape[1] == 1
    return {
        "task": np.full(n, task),
        "sides": np.full(n, sides),
        "encoder": np.full(n, encoder),
        "split": splits[rows.index],
        "sample": samples[rows.index].astype(np.int32),
        "label": labels.reshape(n).astype(np.float32) if single else np.full(n, np.nan, np.float32),
        **{name: getattr(rows, name).astype(np.float32) for name in PARTS},
    }
