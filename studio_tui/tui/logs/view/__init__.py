"""The widget that shows a log."""
