"""Logs: of one job or several merged, with saving and export."""
