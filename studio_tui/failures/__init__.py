"""Finds the reason for a failure in a program's output. Uses only the standard library."""
