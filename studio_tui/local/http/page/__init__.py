"""The read-only page of a job, for a browser: facts, pipeline and live log."""
