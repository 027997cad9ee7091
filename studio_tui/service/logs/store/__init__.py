"""Log lines on disk, indexed, searched and filtered."""
