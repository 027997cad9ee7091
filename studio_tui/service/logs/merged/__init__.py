"""Several logs read as one, in order of time."""
