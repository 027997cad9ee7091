"""The forms for jobs."""
