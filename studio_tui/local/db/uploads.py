"""The table of uploads: the client's name of each file, and the name of the stored file."""

import json
import sqlite3

from studio_tui import clock
from studio_tui.local.db.times import stamp


def insert(connection: sqlite3.Connection, label: str, stored_as: str, size: int) -> int:
    """Insert an upload; return its id."""
    cursor = connection.execute(
        "INSERT INTO uploads (label, stored_as, size, created_at) VALUES (?, ?, ?, ?)",
        (label, stored_as, size, stamp(clock.now())),
    )
    return int(cursor.lastrowid or 0)


def select(connection: sqlite3.Connection, ids: list[int]) -> list[sqlite3.Row]:
    """Return the existing uploads among `ids`."""
    # As one JSON value, since a request may have more ids than a statement can have parameters.
    query = "SELECT id, label, stored_as FROM uploads WHERE id IN (SELECT value FROM json_each(?))"
    return connection.execute(query, [json.dumps(ids)]).fetchall()


_UNUSED = "created_at < ? AND id NOT IN (SELECT upload_id FROM job_files)"
"""SQL condition: no job uses the upload, and it is older than a stamp, the parameter."""


def has_unused(connection: sqlite3.Connection, before: str) -> bool:
    """Whether there are uploads that no job uses and that are older than `before`, a stamp."""
    query = f"SELECT 1 FROM uploads WHERE {_UNUSED} LIMIT 1"  # noqa: S608 (a constant)
    return connection.execute(query, [before]).fetchone() is not None


def forget(connection: sqlite3.Connection, before: str) -> None:
    """Delete the rows of uploads that no job uses and that are older than `before`, a stamp."""
    connection.execute(f"DELETE FROM uploads WHERE {_UNUSED}", [before])  # noqa: S608 (as above)


def stored_names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the stored files of all uploads."""
    return {row["stored_as"] for row in connection.execute("SELECT stored_as FROM uploads")}
