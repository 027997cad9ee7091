"""Schedules: list and commands."""
