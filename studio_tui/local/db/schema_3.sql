-- Version 3: datasets, what they were made from and by which jobs; and pipelines, planned from that.
-- The table of jobs is made anew, because a job may now be PENDING: held back by its pipeline.

CREATE TABLE jobs_3 (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of creation
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    state TEXT NOT NULL CHECK (state IN (
        'CREATED', 'SCHEDULED', 'QUEUED', 'PROVISIONING', 'INIT', 'RUNNING',
        'CANCELING', 'COMPLETE', 'FAILED', 'CANCELED', 'TASK', 'PENDING')),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 5),
    workers INTEGER NOT NULL CHECK (workers >= 1),
    cluster TEXT NOT NULL,
    created_at TEXT NOT NULL,
    released_at TEXT,                           -- by its pipeline; NULL: not, or there is none
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

INSERT INTO jobs_3 (
    number, id, state, priority, workers, cluster, created_at, started_at, finished_at, exit_code,
    error_message, steps, created_by, name, query_type, python_version, repository, run_group,
    rerun_from, ignore_checkpoints, scheduled_by, scheduled_for, idempotency_key, request_digest,
    environment, requirements, query)
SELECT
    number, id, state, priority, workers, cluster, created_at, started_at, finished_at, exit_code,
    error_message, steps, created_by, name, query_type, python_version, repository, run_group,
    rerun_from, ignore_checkpoints, scheduled_by, scheduled_for, idempotency_key, request_digest,
    environment, requirements, query
FROM jobs;

DROP TABLE jobs;
ALTER TABLE jobs_3 RENAME TO jobs;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_by_group ON jobs (run_group);

CREATE TABLE dataset_versions (
    id INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,                      -- namespace.project.name, without an @ in front
    version TEXT NOT NULL,                      -- as 1.0.2
    is_removed INTEGER NOT NULL DEFAULT 0 CHECK (is_removed IN (0, 1)),
    UNIQUE (dataset, version)
) STRICT;

CREATE TABLE dataset_jobs (
    version_id INTEGER NOT NULL REFERENCES dataset_versions (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    is_creator INTEGER NOT NULL CHECK (is_creator IN (0, 1)), -- 0: used again, from a checkpoint
    PRIMARY KEY (version_id, job_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dataset_jobs_by_job ON dataset_jobs (job_id);

CREATE TABLE dataset_sources (
    version_id INTEGER NOT NULL REFERENCES dataset_versions (id),
    source TEXT NOT NULL,                       -- the dataset that the version was made from
    source_id INTEGER REFERENCES dataset_versions (id), -- NULL: it is not known which version
    UNIQUE (version_id, source, source_id)
) STRICT;

CREATE TABLE pipelines (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of creation
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN (
        'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELED')),
    triggered_from TEXT NOT NULL,               -- the datasets, as they were named
    warnings TEXT NOT NULL,                     -- JSON: what the plan could not take into account
    error_message TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    idempotency_key TEXT UNIQUE,
    request_digest TEXT NOT NULL                -- SHA-256 of the request that made the pipeline
) STRICT;

CREATE TABLE pipeline_jobs (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    position INTEGER NOT NULL,                  -- parents stand before their children
    job_id TEXT NOT NULL REFERENCES jobs (id),  -- the original
    created_job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id), -- the newest run here
    PRIMARY KEY (pipeline_id, job_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pipeline_parents (
    pipeline_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    parent_job_id TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, job_id, parent_job_id),
    FOREIGN KEY (pipeline_id, job_id) REFERENCES pipeline_jobs (pipeline_id, job_id),
    FOREIGN KEY (pipeline_id, parent_job_id) REFERENCES pipeline_jobs (pipeline_id, job_id)
) STRICT, WITHOUT ROWID;
