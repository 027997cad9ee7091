"""The schedules: list and commands."""
