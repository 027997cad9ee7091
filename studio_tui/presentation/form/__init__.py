"""The form of a new job: draft, validation, hints, previews and server errors."""
