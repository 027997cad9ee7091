"""The form of a job, without its widgets."""
