"""A pipeline as a graph: what depends on what, and what that means now."""
