"""A pipeline as a graph: dependencies between jobs, and their current consequences."""
