"""Ending in order: when told to, and when the terminal has gone."""
