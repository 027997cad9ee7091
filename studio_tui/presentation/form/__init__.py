"""The form of a new job: draft, checks, hints, preview and what the server refuses."""
