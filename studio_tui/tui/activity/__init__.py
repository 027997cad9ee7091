"""The list of what was sent to Studio, and of what was not."""
