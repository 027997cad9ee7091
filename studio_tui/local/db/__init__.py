"""SQLite: jobs, uploads, schedules, pipelines, and the lineage of datasets."""
