"""Deletes old records, so that the file stays within its limits of days and megabytes.

Items are jobs and pipelines; calls are requests to Studio.
"""

import time
from dataclasses import dataclass
from sqlite3 import Connection

DAY = 86_400.0
MEGABYTE = 1024 * 1024
STEP = 500
"""Items or calls deleted, or pages freed, at once: other dashboards must not wait long."""

_OLD_ITEMS = "SELECT kind, id FROM item WHERE seen_at < ? ORDER BY seen_at LIMIT ?"
_OLDEST_ITEMS = "SELECT kind, id FROM item ORDER BY seen_at LIMIT ?"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept in the file."""

    days: float = 90.0
    """Days after which calls are deleted, and jobs and pipelines that have not changed since.

    The times of runs and what was submitted have limits of their own: see `history`.
    """
    megabytes: float = 256.0
    """Maximum size of the file; the oldest calls and the items unchanged for longest go first."""


def prune(connection: Connection, limits: Limits, now: float) -> bool:
    """Delete some records beyond the limits; return whether there may be more.

    Call it within a transaction.
    """
    since = now - limits.days * DAY
    items = connection.execute(_OLD_ITEMS, (since, STEP)).fetchall()
    calls = _forget_calls(connection, "last_at < ?", since)
    # Commands on hold: those whose outcome is not recorded stay.
    connection.execute("DELETE FROM held WHERE at < ? AND state != 'held'", (since,))
    if not items and not calls and size(connection) > limits.megabytes * MEGABYTE:
        calls = _forget_calls(connection, "?", 1)  # a condition that all calls fulfill
        items = connection.execute(_OLDEST_ITEMS, (STEP,)).fetchall()
    for kind, item_id in items:
        for table in ("change", "item"):
            connection.execute(
                f"DELETE FROM {table} WHERE kind = ? AND id = ?",  # noqa: S608 (a constant)
                (kind, item_id),
            )
    return bool(items) or calls == STEP


def size(connection: Connection) -> int:
    """Return how many bytes of the file are in use."""
    pages, free, page = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page)


def free_pages(connection: Connection) -> None:
    """Return freed pages to the disk; call it outside of a transaction."""
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    for _ in range(0, free, STEP):
        # It is a script, as `execute` frees only the first page.
        connection.executescript(f"PRAGMA incremental_vacuum({STEP})")
        time.sleep(0)
    if free:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _forget_calls(connection: Connection, condition: str, value: float) -> int:
    """Delete the oldest calls that fulfill an SQL condition, up to `STEP`; return how many."""
    query = (
        "DELETE FROM call WHERE number IN"  # noqa: S608 (`condition` is a constant)
        f" (SELECT number FROM call WHERE {condition} ORDER BY last_at LIMIT ?)"
    )
    return connection.execute(query, (value, STEP)).rowcount
