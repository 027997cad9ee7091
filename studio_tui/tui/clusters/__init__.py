"""The clusters: list and choice."""
