"""Orderly shutdown: on request, on a signal, and when the terminal has gone."""
