"""Log lines: levels, timestamps, tracebacks, JSON, progress and search."""
