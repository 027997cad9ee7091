"""Jobs: list, details and commands."""
