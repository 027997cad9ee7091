"""The jobs: list, details and commands."""
