"""Reads the journal of intents, which the program itself only searches for open intents."""

from studio_tui.service.commands.journal import Journal, JournalEntry, read_entry


def entries(journal: Journal) -> list[JournalEntry]:
    """Return all readable entries, newest last."""
    read = map(read_entry, journal.folder.glob("*.intent"))
    return sorted(filter(None, read), key=lambda entry: entry.intent.sent_at)
