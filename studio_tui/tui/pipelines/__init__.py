"""Pipelines: list, trigger and commands."""
