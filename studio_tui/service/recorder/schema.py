"""The tables of the recorder's file, and the migration of older files."""

import sqlite3

VERSION = 3
"""Version of the tables; 1 had the job history alone, and 2 no reasons why calls failed."""

_HISTORY = """
CREATE TABLE IF NOT EXISTS submitted (job_id TEXT PRIMARY KEY, parts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run (
    job_id TEXT PRIMARY KEY,
    name TEXT,
    state TEXT NOT NULL,
    created_at REAL,   -- seconds since the epoch, like all times here
    started_at REAL,
    finished_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS run_by_name ON run (name, finished_at);
CREATE INDEX IF NOT EXISTS run_by_end ON run (finished_at);
"""

_RECORDER = """
CREATE TABLE IF NOT EXISTS item (   -- jobs and pipelines as last seen
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,             -- packed JSON
    made_at REAL NOT NULL,
    seen_at REAL NOT NULL,          -- when this version was first seen
    gone_at REAL,                   -- since when Studio no longer lists it
    PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS item_by_age ON item (kind, made_at);
CREATE INDEX IF NOT EXISTS item_by_sight ON item (seen_at);
CREATE TABLE IF NOT EXISTS change (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    difference BLOB NOT NULL        -- packed JSON: from the item before to the item after
);
CREATE INDEX IF NOT EXISTS change_by_item ON change (kind, id);
CREATE INDEX IF NOT EXISTS change_by_time ON change (at);
CREATE TABLE IF NOT EXISTS listing (
    name TEXT PRIMARY KEY,
    at REAL NOT NULL,               -- when Studio last confirmed it
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS call (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    last_at REAL NOT NULL,          -- time of the last of equal polls in a row
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    ms REAL NOT NULL,               -- total of all `count` calls
    most_ms REAL NOT NULL,
    changes INTEGER NOT NULL,
    body TEXT,                      -- of calls that change something; without secrets
    reason TEXT                     -- why it failed
);
CREATE INDEX IF NOT EXISTS call_by_time ON call (last_at);
CREATE INDEX IF NOT EXISTS call_by_start ON call (at);
CREATE TABLE IF NOT EXISTS held (   -- commands that wait to be sent, and the state of each
    id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    until REAL NOT NULL,
    pid INTEGER NOT NULL,
    words TEXT NOT NULL,
    state TEXT NOT NULL
);
"""


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether the file has all tables.

    Raises:
        sqlite3.DatabaseError: a newer version of studio-tui created the file, or it is damaged.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError(f"a newer version of studio-tui created it (version {version})")
    return bool(version == VERSION)


def create(connection: sqlite3.Connection) -> None:
    """Create the tables that are missing.

    No other connection may do so at the same time: SQLite does not wait for a lock to change the
    journal mode, but raises "database is locked" at once.
    """
    # Pages that are freed go back to the disk step by step; only an empty file takes this.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(
        f"BEGIN IMMEDIATE;{_HISTORY}{_RECORDER}{_missing(connection)}"
        f"PRAGMA user_version = {VERSION};COMMIT;"
    )


def _missing(connection: sqlite3.Connection) -> str:
    """Return the statements that make an older table of calls current."""
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(call)")}
    if not columns or "reason" in columns:
        return ""
    return (
        "ALTER TABLE call ADD COLUMN reason TEXT;"
        "UPDATE call SET outcome = 'canceled' WHERE outcome = 'cancelled';"
    )
