"""The screen of one pipeline."""
