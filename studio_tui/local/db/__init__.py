"""SQLite: jobs, schedules, pipelines and their lineage."""
