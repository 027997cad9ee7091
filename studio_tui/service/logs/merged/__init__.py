"""Several logs merged into one, in order of time."""
