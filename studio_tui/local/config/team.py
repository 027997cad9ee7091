"""The name of the one team of a local Studio."""

TEAM = "local"
