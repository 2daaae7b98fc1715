-- A database of version 2, as the program of November 2026 made it: its tables word for word, and what one small
-- comparison stored. `old_database.py` makes a file of it.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1229866573;
PRAGMA user_version = 2;
CREATE TABLE metric_keys (
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (name)
);
CREATE TABLE runs (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  preset TEXT,
  dataset TEXT NOT NULL,
  method TEXT NOT NULL,
  seed INTEGER NOT NULL,
  digest TEXT NOT NULL,
  settings JSON NOT NULL,
  status TEXT NOT NULL,
  phase TEXT DEFAULT '' NOT NULL,
  epoch INTEGER DEFAULT '0' NOT NULL,
  epochs INTEGER DEFAULT '0' NOT NULL,
  step BIGINT DEFAULT '0' NOT NULL,
  steps BIGINT DEFAULT '0' NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT,
  heartbeat_at BIGINT,
  progressed_at BIGINT,
  host TEXT,
  pid INTEGER,
  pid_started FLOAT,
  error TEXT,
  stop_requested BOOLEAN DEFAULT '0' NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  tags JSON DEFAULT '[]' NOT NULL,
  code_version TEXT,
  attempts INTEGER DEFAULT '1' NOT NULL
);
CREATE INDEX ix_runs_digest ON runs (digest);
CREATE INDEX ix_runs_status ON runs (status);
CREATE TABLE supervisors (
  id TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  pid_started FLOAT NOT NULL,
  started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (id)
);
CREATE INDEX ix_supervisors_host ON supervisors (host);
CREATE TABLE artifacts (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  size BIGINT DEFAULT '0' NOT NULL,
  sha256 TEXT,
  created_at BIGINT NOT NULL,
  touched_at BIGINT NOT NULL,
  facts JSON NOT NULL,
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_artifacts_state ON artifacts (state);
CREATE INDEX ix_artifacts_run_id ON artifacts (run_id);
CREATE UNIQUE INDEX one_artifact_a_kind ON artifacts (run_id, kind) WHERE state = 'complete';
CREATE TABLE decompositions (
  run_id INTEGER NOT NULL,
  task TEXT NOT NULL,
  sides TEXT NOT NULL,
  encoder TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  content JSON NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (run_id, task, sides, encoder, epoch),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE jobs (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL,
  status TEXT NOT NULL,
  claimed_by TEXT,
  host TEXT,
  device TEXT,
  processes INTEGER DEFAULT '1' NOT NULL,
  created_at BIGINT NOT NULL,
  claimed_at BIGINT,
  ended_at BIGINT,
  error TEXT,
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_jobs_run_id ON jobs (run_id);
CREATE INDEX ix_jobs_status_id ON jobs (status, id);
CREATE TABLE log_lines (
  run_id INTEGER NOT NULL,
  number BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run_id, number),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE TABLE metric_summaries (
  run_id INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  last FLOAT,
  last_step BIGINT NOT NULL,
  min FLOAT,
  min_step BIGINT,
  max FLOAT,
  max_step BIGINT,
  n INTEGER NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (run_id, key_id),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
  FOREIGN KEY(key_id) REFERENCES metric_keys (id)
)
 WITHOUT ROWID;
CREATE TABLE metrics (
  run_id INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  step BIGINT NOT NULL,
  value FLOAT,
  time BIGINT NOT NULL,
  PRIMARY KEY (run_id, key_id, step),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
  FOREIGN KEY(key_id) REFERENCES metric_keys (id)
)
 WITHOUT ROWID;
CREATE TABLE results (
  run_id INTEGER NOT NULL,
  task TEXT NOT NULL,
  metric TEXT NOT NULL,
  value FLOAT,
  facts JSON NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (run_id, task, metric),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE artifact_chunks (
  id INTEGER NOT NULL,
  artifact_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(artifact_id) REFERENCES artifacts (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX ix_chunks_artifact_position ON artifact_chunks (artifact_id, position);
