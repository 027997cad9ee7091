"""Requests to Studio, and commands that were not sent: table rows, facts and shell commands."""
