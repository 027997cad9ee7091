"""The recorded items: jobs and pipelines as last seen, and each change that led there.

Functions that write must be called in a transaction.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from studio_tui.service.recorder.bodies import pack, unpack
from studio_tui.service.recorder.differences import GONE, difference

_KNOWN = (
    "SELECT id, body, seen_at, gone_at FROM item"
    " WHERE kind = ? AND id IN (SELECT value FROM json_each(?))"
)
_PUT = (
    "INSERT INTO item VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (kind, id) DO UPDATE SET"
    " body = excluded.body, made_at = excluded.made_at, seen_at = excluded.seen_at, gone_at = NULL"
)
# Of items created at the same time, such as the jobs of a pipeline, the last inserted comes first.
# An update does not change this order.
_LISTED_JOBS = (
    "SELECT body FROM item WHERE kind = 'job' AND gone_at IS NULL"
    " ORDER BY made_at DESC, rowid DESC LIMIT ?"
)
PAST_RUNS = (
    "SELECT item.body FROM run JOIN item ON item.kind = 'job' AND item.id = run.job_id"
    " WHERE run.name = ? AND run.state = 'COMPLETE' AND run.job_id != ?"
    " ORDER BY run.finished_at DESC LIMIT ?"
)
_EVERYTHING = "SELECT id, body, seen_at FROM item WHERE kind = ? ORDER BY made_at DESC, rowid DESC"

_CHANGE = "INSERT INTO change (at, kind, id, difference) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class SeenItem:
    """An item as seen now."""

    id: str
    made_at: float
    """When Studio created it, or if that is unknown, now; in seconds since the epoch."""
    body: Mapping[str, Any]


def note(connection: Connection, kind: str, seen: Sequence[SeenItem], at: float) -> None:
    """Record the items `seen` at `at`, and their changes; `seen` has the newest item first.

    An item of which another dashboard has recorded a newer version is not written.
    """
    ids = json.dumps([each.id for each in seen])
    recorded = {row[0]: row[1:] for row in connection.execute(_KNOWN, (kind, ids))}
    for each in reversed(seen):
        packed = pack(each.body)
        if (before := recorded.get(each.id)) is None:
            change: dict[str, Any] = {"=": each.body}
        else:
            body, seen_at, gone_at = before
            if at < seen_at or (body == packed and gone_at is None):
                continue
            change = {"=": each.body} if gone_at is not None else _change(body, each.body)
        connection.execute(_CHANGE, (at, kind, each.id, pack(change)))
        connection.execute(_PUT, (kind, each.id, packed, each.made_at, at))


def note_gone(
    connection: Connection, kind: str, listed: Collection[str], since: float, at: float
) -> None:
    """Record items as gone: those made since `since`, not `listed`, and not changed after `at`."""
    query = "SELECT id FROM item WHERE kind = ? AND made_at >= ? AND gone_at IS NULL"
    rows = connection.execute(f"{query} AND seen_at <= ?", (kind, since, at)).fetchall()
    for (item_id,) in rows:
        if item_id not in listed:
            connection.execute(_CHANGE, (at, kind, item_id, pack(GONE)))
            connection.execute(
                "UPDATE item SET gone_at = ?, seen_at = ? WHERE kind = ? AND id = ?",
                (at, at, kind, item_id),
            )


def newest_jobs(connection: Connection, count: int) -> Sequence[bytes]:
    """Return up to `count` packed bodies of the newest jobs that Studio lists, newest first."""
    return [body for (body,) in connection.execute(_LISTED_JOBS, (count,))]


def bodies_of(connection: Connection, kind: str, ids: Sequence[str]) -> Sequence[bytes]:
    """Return the packed bodies of the recorded items among `ids`, in this order."""
    bodies = {row[0]: row[1] for row in connection.execute(_KNOWN, (kind, json.dumps(ids)))}
    return [bodies[item_id] for item_id in ids if item_id in bodies]


def all_items(connection: Connection, kind: str) -> Iterable[tuple[str, bytes, float]]:
    """Return the id, packed body and time of the last change of each item, newest first."""
    return connection.execute(_EVERYTHING, (kind,))


def _change(before: bytes, after: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return difference(unpack(before), after)
    except ValueError:
        return {"=": after}
