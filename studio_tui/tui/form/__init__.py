"""The form of a new job, its templates and its files."""
