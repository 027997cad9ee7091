"""Requests sent to Studio, as table rows and as shell commands."""
