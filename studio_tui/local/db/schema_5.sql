-- Version 5: what schedules need: runs made by hand, a suspended schedule, the last times without a
-- run, and schedules of pipelines.

ALTER TABLE jobs ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));
-- 1: a run of `scheduled_by` that somebody asked for; `scheduled_for` is when

ALTER TABLE schedules ADD COLUMN suspended_at TEXT; -- NULL: it goes on
ALTER TABLE schedules ADD COLUMN datasets TEXT;     -- JSON: it makes these anew; NULL: it runs its job

CREATE TABLE schedule_gaps (                        -- the last ones of each schedule
    job_id TEXT NOT NULL REFERENCES schedules (job_id),
    fire_at TEXT NOT NULL,
    is_skipped INTEGER NOT NULL CHECK (is_skipped IN (0, 1)), -- 0: no server was there
    PRIMARY KEY (job_id, fire_at)
) STRICT, WITHOUT ROWID;

ALTER TABLE pipelines ADD COLUMN scheduled_by TEXT REFERENCES jobs (id);
ALTER TABLE pipelines ADD COLUMN scheduled_for TEXT;
ALTER TABLE pipelines ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));
CREATE UNIQUE INDEX pipelines_by_schedule ON pipelines (scheduled_by, scheduled_for);
