-- The local Studio's database. A change needs a new `SCHEMA_VERSION`: older files are refused.
-- Times are text, ISO 8601 in UTC with microseconds and a Z, so that they sort as they read.

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of creation
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    state TEXT NOT NULL CHECK (state IN (
        'CREATED', 'SCHEDULED', 'QUEUED', 'PROVISIONING', 'INIT', 'RUNNING',
        'CANCELING', 'COMPLETE', 'FAILED', 'CANCELED', 'TASK', 'PENDING')),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 5),
    workers INTEGER NOT NULL CHECK (workers >= 1),
    cluster TEXT NOT NULL,
    created_at TEXT NOT NULL,
    released_at TEXT,                           -- when its pipeline released it from PENDING
    started_at TEXT,                            -- when the query began
    finished_at TEXT,
    exit_code INTEGER,
    error_message TEXT,
    steps TEXT NOT NULL DEFAULT '[]',           -- JSON list of objects: name, started_at, finished_at
    created_by TEXT NOT NULL,
    name TEXT NOT NULL,
    query_type TEXT NOT NULL CHECK (query_type IN ('PYTHON', 'SHELL')),
    python_version TEXT,
    repository TEXT,
    run_group TEXT NOT NULL,                    -- shared by runs that share checkpoints
    rerun_from TEXT REFERENCES jobs (id),
    ignore_checkpoints INTEGER NOT NULL CHECK (ignore_checkpoints IN (0, 1)),
    scheduled_by TEXT REFERENCES jobs (id),     -- the TASK that made this run
    scheduled_for TEXT,                         -- the fire time of this run, or when it was
                                                -- started manually
    by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)), -- 1: started manually
    idempotency_key TEXT UNIQUE,
    request_digest TEXT NOT NULL,               -- equal for equal requests; a copy has its original's
    environment TEXT NOT NULL,                  -- JSON object of strings
    requirements TEXT,
    metrics TEXT,                               -- JSON object: DataChain's metrics, once it ended
    query TEXT NOT NULL,                        -- large, so last: short reads stop before it
    UNIQUE (scheduled_by, scheduled_for),
    CHECK ((scheduled_by IS NULL) = (scheduled_for IS NULL)),
    CHECK ((state IN ('COMPLETE', 'FAILED', 'CANCELED')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'COMPLETE' OR coalesce(exit_code, 0) = 0) -- NULL for schedules
) STRICT;

CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_by_group ON jobs (run_group);

CREATE TABLE uploads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- its id for clients, from 1
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

-- A schedule is a job that is in the state TASK until it ends. Its runs are jobs or pipelines with
-- its id in scheduled_by.
CREATE TABLE schedules (
    job_id TEXT PRIMARY KEY REFERENCES jobs (id),
    cron_expression TEXT,                       -- NULL: once, at start_after
    start_after TEXT,                           -- fire times before it do not count
    time_zone TEXT NOT NULL,                    -- of the expression
    next_fire_at TEXT,                          -- the earliest unsettled fire time, if any
    missed INTEGER NOT NULL DEFAULT 0,          -- number of fire times without a running server
    skipped INTEGER NOT NULL DEFAULT 0,         -- number of fire times during an earlier run
    suspended_at TEXT,                          -- NULL: active
    datasets TEXT,                              -- JSON: it rebuilds these; NULL: it runs its job
    CHECK (cron_expression IS NOT NULL OR start_after IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedules_by_time ON schedules (next_fire_at);

-- Datasets, their sources and the jobs that made them.
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
    is_creator INTEGER NOT NULL CHECK (is_creator IN (0, 1)), -- 0: reused from a checkpoint
    PRIMARY KEY (version_id, job_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dataset_jobs_by_job ON dataset_jobs (job_id);

CREATE TABLE dataset_sources (
    version_id INTEGER NOT NULL REFERENCES dataset_versions (id),
    source TEXT NOT NULL,                       -- a dataset that the version was made from, with
                                                -- @version if the job named one
    source_id INTEGER REFERENCES dataset_versions (id), -- NULL: unknown version
    UNIQUE (version_id, source, source_id)
) STRICT;

CREATE TABLE pipelines (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of creation
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN (
        'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELED')),
    triggered_from TEXT NOT NULL,               -- what it rebuilds or reruns, as text
    warnings TEXT NOT NULL,                     -- JSON: warnings of the plan
    error_message TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    scheduled_by TEXT REFERENCES jobs (id),     -- the TASK that triggered it
    scheduled_for TEXT,
    by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),
    idempotency_key TEXT UNIQUE,
    request_digest TEXT NOT NULL                -- equal for equal requests
) STRICT;

CREATE UNIQUE INDEX pipelines_by_schedule ON pipelines (scheduled_by, scheduled_for);

-- The nodes of pipelines: each has a job of the plan, the original, and the newest run of this job
-- in the pipeline.
CREATE TABLE pipeline_jobs (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    position INTEGER NOT NULL,                  -- parents before their children
    job_id TEXT NOT NULL REFERENCES jobs (id),  -- the original
    created_job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id), -- the run
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

CREATE TABLE pipeline_attempts (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),  -- the original
    run_id TEXT NOT NULL REFERENCES jobs (id),  -- a run that a newer run has replaced
    PRIMARY KEY (pipeline_id, job_id, run_id)
) STRICT, WITHOUT ROWID;

-- Jobs that were removed from a pipeline and not restored.
CREATE TABLE pipeline_removed (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    position INTEGER NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id),  -- the original
    created_job_id TEXT NOT NULL REFERENCES jobs (id), -- its run, canceled by the removal
    removed_at TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, job_id)
) STRICT, WITHOUT ROWID;

-- The edges of the plan, for pipelines from which a job was ever removed.
CREATE TABLE pipeline_planned_parents (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    job_id TEXT NOT NULL,
    parent_job_id TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, job_id, parent_job_id)
) STRICT, WITHOUT ROWID;
