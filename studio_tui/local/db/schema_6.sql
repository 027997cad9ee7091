-- Version 6: what pipelines have left behind: runs that others took the place of, and jobs that
-- were taken out, with the plan as it was before.

CREATE TABLE pipeline_attempts (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),  -- the original
    run_id TEXT NOT NULL REFERENCES jobs (id),  -- a run here, of which there is a newer one
    PRIMARY KEY (pipeline_id, job_id, run_id)
) STRICT, WITHOUT ROWID;

-- Runs of one job here share their checkpoints, and others that do are older than the pipeline.
INSERT INTO pipeline_attempts
SELECT node.pipeline_id, node.job_id, earlier.id
FROM pipeline_jobs node
JOIN pipelines ON pipelines.id = node.pipeline_id
JOIN jobs run ON run.id = node.created_job_id
JOIN jobs earlier ON earlier.run_group = run.run_group AND earlier.number < run.number
WHERE earlier.created_at >= pipelines.created_at
    AND earlier.state IN ('FAILED', 'CANCELED', 'CANCELING')
    AND NOT EXISTS (SELECT 1 FROM pipeline_jobs other WHERE other.created_job_id = earlier.id);

CREATE TABLE pipeline_removed (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    position INTEGER NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id),  -- the original
    created_job_id TEXT NOT NULL REFERENCES jobs (id), -- the run that was canceled instead
    removed_at TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, job_id)
) STRICT, WITHOUT ROWID;

-- Of pipelines of which a job was ever taken out: all edges as they were planned.
CREATE TABLE pipeline_planned_parents (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    job_id TEXT NOT NULL,
    parent_job_id TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, job_id, parent_job_id)
) STRICT, WITHOUT ROWID;
