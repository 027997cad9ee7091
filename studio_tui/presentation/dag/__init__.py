"""Pipelines as graphs: what depends on what, what that means now, and how each view shows it."""
