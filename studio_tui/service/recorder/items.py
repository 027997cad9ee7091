"""Jobs and pipelines as they were last seen, and each change that led there.

All functions are about one open file; those that write are parts of a transaction.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from studio_tui.service.recorder.bodies import pack, unpack
from studio_tui.service.recorder.differences import difference

GONE = {"-": 1}
"""The difference of what Studio lists no longer."""

_KNOWN = (
    "SELECT id, body, seen_at, gone_at FROM item"
    " WHERE kind = ? AND id IN (SELECT value FROM json_each(?))"
)
_CHANGE = "INSERT INTO change (at, kind, id, difference) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing as it is now."""

    id: str
    made_at: float
    """Seconds of the epoch."""
    body: Mapping[str, Any]
    """JSON values without secrets."""


def note(connection: Connection, kind: str, seen: Sequence[Seen], at: float) -> None:
    """Record what has changed of these things; what another has recorded since stays."""
    ids = json.dumps([each.id for each in seen])
    known = {row[0]: row[1:] for row in connection.execute(_KNOWN, (kind, ids))}
    for each in seen:
        packed = pack(each.body)
        if (before := known.get(each.id)) is None:
            change: dict[str, Any] = {"=": each.body}
        else:
            body, seen_at, gone_at = before
            if at < seen_at or (body == packed and gone_at is None):
                continue
            change = {"=": each.body} if gone_at is not None else _change(body, each.body)
        connection.execute(_CHANGE, (at, kind, each.id, pack(change)))
        connection.execute(
            "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, NULL)",
            (kind, each.id, packed, each.made_at, at),
        )


def note_gone(
    connection: Connection, kind: str, listed: Collection[str], since: float, at: float
) -> None:
    """Record which things are gone: made since then, and not among those that are listed."""
    query = "SELECT id FROM item WHERE kind = ? AND made_at >= ? AND gone_at IS NULL"
    rows = connection.execute(f"{query} AND seen_at <= ?", (kind, since, at)).fetchall()
    for (item_id,) in rows:
        if item_id not in listed:
            connection.execute(_CHANGE, (at, kind, item_id, pack(GONE)))
            connection.execute(
                "UPDATE item SET gone_at = ?, seen_at = ? WHERE kind = ? AND id = ?",
                (at, at, kind, item_id),
            )


def newest(connection: Connection, kind: str, count: int) -> Sequence[bytes]:
    """Return what is recorded of the newest things that Studio listed last, newest first."""
    query = "SELECT body FROM item WHERE kind = ? AND gone_at IS NULL ORDER BY made_at DESC LIMIT ?"
    return [body for (body,) in connection.execute(query, (kind, count))]


def of_ids(connection: Connection, kind: str, ids: Sequence[str]) -> Sequence[bytes]:
    """Return what is recorded of these things, in their order."""
    known = {row[0]: row[1] for row in connection.execute(_KNOWN, (kind, json.dumps(ids)))}
    return [known[each] for each in ids if each in known]


def everything(connection: Connection, kind: str) -> Iterable[tuple[bytes, float]]:
    """Return what is recorded of all things, and when each was seen to be so; newest first."""
    query = "SELECT body, seen_at FROM item WHERE kind = ? ORDER BY made_at DESC"
    return connection.execute(query, (kind,))


def _change(before: bytes, after: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return difference(unpack(before), after)
    except ValueError:
        return {"=": after}
