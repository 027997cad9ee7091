-- Version 4: what a job has measured, as DataChain's database had it at the job's end.

ALTER TABLE jobs ADD COLUMN metrics TEXT;       -- JSON object
