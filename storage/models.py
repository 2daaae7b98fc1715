"""The tables. Times are UTC milliseconds; NaN is stored as NULL, and a NULL value means NaN."""

import uuid

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()


def new_uid() -> str:
    """A name for a run or a study that no other studio gives: 32 hex digits."""
    return uuid.uuid4().hex


def _uid() -> Column[str]:
    return Column("uid", Text, nullable=False, server_default="", default=new_uid)


def _run_id(*, primary_key: bool = False, index: bool | None = None) -> Column[int]:
    return Column(
        "run_id",
        Integer,
        ForeignKey("runs.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
        index=index,
    )


# plan: what the study is to run, as its file says it, or NULL where runs were gathered by hand. axes: the
# settings that name its runs. A name is that of one study at a time; one in the trash gives it up.
studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("question", Text, nullable=False, server_default=""),
    Column("plan", JSON),
    Column("axes", JSON, nullable=False, server_default="[]"),
    Column("note", Text, nullable=False, server_default=""),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Column("created_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
    Column("trashed_at", BigInteger),
    _uid(),  # the same in every studio that the study is taken to
    sqlite_autoincrement=True,
)
Index("one_study_a_name", studies.c.name, unique=True, sqlite_where=text("trashed_at IS NULL"))
Index("one_study_a_uid", studies.c.uid, unique=True)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("preset", Text),
    Column("dataset", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("digest", Text, nullable=False, index=True),
    Column("settings", JSON, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("phase", Text, nullable=False, server_default=""),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("epochs", Integer, nullable=False, server_default="0"),
    Column("step", BigInteger, nullable=False, server_default="0"),
    Column("steps", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("heartbeat_at", BigInteger),
    Column("progressed_at", BigInteger),
    Column("host", Text),
    Column("pid", Integer),
    Column("pid_started", Float),
    Column("error", Text),
    Column("stop_requested", Boolean, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=""),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Column("code_version", Text),
    # 1 for the first start; each requeue adds one, so that a process of an earlier attempt knows it was
    # superseded.
    Column("attempts", Integer, nullable=False, server_default="1"),
    # The study that the run was started in.
    Column("study_id", Integer, ForeignKey("studies.id"), nullable=False, server_default="0", index=True),
    Column("archived_at", BigInteger),
    Column("trashed_at", BigInteger),
    _uid(),  # the same in every studio that the run is taken to
    Column("machine", JSON(none_as_null=True)),  # facts of the machine that trained it
    Column("origin", JSON(none_as_null=True)),  # NULL for a run of this studio; else where it came from
    # a deleted run's number is never given again: old links must not show another run
    sqlite_autoincrement=True,
)
Index("one_run_a_uid", runs.c.uid, unique=True, sqlite_where=text("status != 'deleted'"))

# Runs that a study took in from others.
study_guests = Table(
    "study_guests",
    metadata,
    Column("study_id", Integer, ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    _run_id(primary_key=True, index=True),
    Column("added_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Waiting jobs are taken by priority, the highest first, then by position.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(index=True),
    Column("status", Text, nullable=False),  # queued, claimed, done, failed, cancelled
    Column("claimed_by", Text),
    Column("host", Text),
    Column("device", Text),
    Column("processes", Integer, nullable=False, server_default="1"),
    Column("created_at", BigInteger, nullable=False),
    Column("claimed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("error", Text),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Index("ix_jobs_status_id", "status", "id"),
    sqlite_autoincrement=True,
)

# What of the queue does not start: scope is "all", "study:ID" or "device:NAME".
queue_pauses = Table(
    "queue_pauses",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSON, nullable=False),
)

supervisors = Table(
    "supervisors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False, index=True),
    Column("pid", Integer, nullable=False),
    Column("pid_started", Float, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("heartbeat_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

metric_keys = Table(
    "metric_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

# Integers only in the key, and no rowid: a point costs about 28 bytes, and one curve lies together on disk.
metrics = Table(
    "metrics",
    metadata,
    _run_id(primary_key=True),
    Column("key_id", Integer, ForeignKey("metric_keys.id"), primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("value", Float),
    Column("time", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# min and max are over finite values, the earliest step wins a tie; last is whatever the highest step holds.
metric_summaries = Table(
    "metric_summaries",
    metadata,
    _run_id(primary_key=True),
    Column("key_id", Integer, ForeignKey("metric_keys.id"), primary_key=True),
    Column("last", Float),
    Column("last_step", BigInteger, nullable=False),
    Column("min", Float),
    Column("min_step", BigInteger),
    Column("max", Float),
    Column("max_step", BigInteger),
    Column("n", Integer, nullable=False),
    Column("time", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

results = Table(
    "results",
    metadata,
    _run_id(primary_key=True),
    Column("task", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("value", Float),
    Column("facts", JSON, nullable=False),
    Column("time", BigInteger, nullable=False),
)

# What a task's information splits into; sides: "x1 | x2"; encoder: trained, untrained or raw; epoch: epochs
# trained, 0 untrained.
decompositions = Table(
    "decompositions",
    metadata,
    _run_id(primary_key=True),
    Column("task", Text, primary_key=True),
    Column("sides", Text, primary_key=True),
    Column("encoder", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("time", BigInteger, nullable=False),
)

# number: microseconds since 1970, made unique within the run, so that a replayed line cannot appear twice.
log_lines = Table(
    "log_lines",
    metadata,
    _run_id(primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

# state: writing (its chunks arrive), complete (visible), dropped (waits for the purge of its chunks).
artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("sha256", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("facts", JSON, nullable=False),
    sqlite_autoincrement=True,
)
_complete = text("state = 'complete'")
Index("one_artifact_a_kind", artifacts.c.run_id, artifacts.c.kind, unique=True, sqlite_where=_complete)

artifact_chunks = Table(
    "artifact_chunks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("artifact_id", Integer, ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_chunks_artifact_position", "artifact_id", "position", unique=True),
)
