"""The forms for jobs, with templates and files."""
