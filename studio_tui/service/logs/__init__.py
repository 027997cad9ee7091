"""Reading logs: sources, reconnecting, and each line once and in order."""
