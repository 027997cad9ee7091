-- Version 2: schedules. A schedule is a job in the state TASK; its runs are jobs that name it.
-- The table is made anew, because the states it may hold are part of it.

CREATE TABLE jobs_2 (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of creation
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    state TEXT NOT NULL CHECK (state IN (
        'CREATED', 'SCHEDULED', 'QUEUED', 'PROVISIONING', 'INIT', 'RUNNING',
        'CANCELING', 'COMPLETE', 'FAILED', 'CANCELED', 'TASK')),
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
    scheduled_by TEXT REFERENCES jobs (id),     -- the TASK that made this run
    scheduled_for TEXT,                         -- the fire time that this run is for
    idempotency_key TEXT UNIQUE,
    request_digest TEXT NOT NULL,               -- SHA-256 of the request that made the job
    environment TEXT NOT NULL,                  -- JSON object of strings
    requirements TEXT,
    query TEXT NOT NULL,                        -- large, so last: short reads stop before it
    UNIQUE (scheduled_by, scheduled_for),
    CHECK ((scheduled_by IS NULL) = (scheduled_for IS NULL)),
    CHECK ((state IN ('COMPLETE', 'FAILED', 'CANCELED')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'COMPLETE' OR coalesce(exit_code, 0) = 0) -- a TASK has none
) STRICT;

INSERT INTO jobs_2 (
    number, id, state, priority, workers, cluster, created_at, started_at, finished_at, exit_code,
    error_message, steps, created_by, name, query_type, python_version, repository, run_group,
    rerun_from, ignore_checkpoints, idempotency_key, request_digest, environment, requirements,
    query)
SELECT
    number, id, state, priority, workers, cluster, created_at, started_at, finished_at, exit_code,
    error_message, steps, created_by, name, query_type, python_version, repository, run_group,
    rerun_from, ignore_checkpoints, idempotency_key, request_digest, environment, requirements,
    query
FROM jobs;

DROP TABLE jobs;
ALTER TABLE jobs_2 RENAME TO jobs;
CREATE INDEX jobs_by_state ON jobs (state, number);

CREATE TABLE schedules (
    job_id TEXT PRIMARY KEY REFERENCES jobs (id),
    cron_expression TEXT,                       -- NULL: once, at start_after
    start_after TEXT,
    time_zone TEXT NOT NULL,                    -- of the expression
    next_fire_at TEXT,                          -- nothing is decided from here on; NULL: no more
    missed INTEGER NOT NULL DEFAULT 0,          -- fire times at which no server was there
    skipped INTEGER NOT NULL DEFAULT 0,         -- fire times at which the run before went on
    CHECK (cron_expression IS NOT NULL OR start_after IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedules_by_time ON schedules (next_fire_at);
