"""Modules that jobs import by their bare names: their interpreter has this folder on its path."""
