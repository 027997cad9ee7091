"""The pipelines: list, forms and commands."""
