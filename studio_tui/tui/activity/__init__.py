"""The activity: what was sent to Studio, and what was not."""
