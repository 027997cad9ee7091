"""Logs: one or several merged, saved and exported."""
