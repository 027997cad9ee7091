"""The page of one pipeline."""
