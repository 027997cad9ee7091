"""The page of a job, for a browser: facts, pipeline and live log, for reading only."""
