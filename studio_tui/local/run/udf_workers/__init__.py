"""Modules that jobs import by their bare names, as this folder is on the path of their Python."""
