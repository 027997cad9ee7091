"""Clusters: list and choice."""
