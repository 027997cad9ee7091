-- Version 1 of the local Studio's database. Later versions are steps of their own, never edits here.
-- Times are text, ISO 8601 in UTC with microseconds and a Z, so that they sort as they read.

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of creation
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    state TEXT NOT NULL CHECK (state IN (
        'CREATED', 'SCHEDULED', 'QUEUED', 'PROVISIONING', 'INIT', 'RUNNING',
        'CANCELING', 'COMPLETE', 'FAILED', 'CANCELED')),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 5),
    workers INTEGER NOT NULL CHECK (workers >= 1),
    cluster TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,                            -- when the query began
    finished_at TEXT,
    exit_code INTEGER,
    error_message TEXT,
    steps TEXT NOT NULL DEFAULT '[]',           -- JSON: name, started_at, finished_at
    created_by TEXT NOT NULL,
    name TEXT NOT NULL,
    query_type TEXT NOT NULL CHECK (query_type IN ('PYTHON', 'SHELL')),
    python_version TEXT,
    repository TEXT,
    run_group TEXT NOT NULL,                    -- runs that share checkpoints
    rerun_from TEXT REFERENCES jobs (id),
    ignore_checkpoints INTEGER NOT NULL CHECK (ignore_checkpoints IN (0, 1)),
    idempotency_key TEXT UNIQUE,
    request_digest TEXT NOT NULL,               -- SHA-256 of the request that made the job
    environment TEXT NOT NULL,                  -- JSON object of strings
    requirements TEXT,
    query TEXT NOT NULL,                        -- large, so last: short reads stop before it
    CHECK ((state IN ('COMPLETE', 'FAILED', 'CANCELED')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'COMPLETE' OR exit_code = 0)
) STRICT;

CREATE INDEX jobs_by_state ON jobs (state, number);

CREATE TABLE uploads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- what the client names it by, from 1
    label TEXT NOT NULL,                        -- the client's file name, never a path of ours
    stored_as TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL CHECK (size >= 0),    -- bytes
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE job_files (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    upload_id INTEGER NOT NULL REFERENCES uploads (id),
    PRIMARY KEY (job_id, upload_id)
) STRICT, WITHOUT ROWID;
