"""Writes responses as JSON; `api.models` has their schemas.

Their strings are not sanitized. Times are strings in UTC, as `times.stamp` writes them.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from fastapi import Response
from pydantic import BaseModel

T = TypeVar("T")

_MAX_QUERIES = 4

_SLICE_ROWS = 100
"""Rows encoded as JSON at once, which takes a few milliseconds."""


def answer(content: object, status: int = 200) -> Response:
    """Return a response with `content`, which should be small, as JSON."""
    return Response(write_json(content), status, media_type="application/json")


def in_order(schema: type[BaseModel], fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that a schema has, in its order."""
    return {name: fields[name] for name in schema.model_fields if name in fields}


async def write_list(rows: Sequence[T], describe: Callable[[T], object]) -> bytes:
    """Return a JSON list of the results of `describe`; a long list is encoded in a thread."""
    if len(rows) <= _SLICE_ROWS:
        return write_json([describe(row) for row in rows])
    return await asyncio.to_thread(_write_rows, rows, describe)


class ListCache:
    """The last bodies of a few queries, each valid until the revision of the data changes."""

    def __init__(self) -> None:
        self._bodies: dict[Hashable, tuple[int, bytes]] = {}

    async def body(
        self, query: Hashable, revision: int, make_body: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Return the body of `query` at `revision`, from the cache or made now."""
        cached_revision, body = self._bodies.pop(query, (-1, b""))
        if cached_revision != revision:
            body = await make_body()
        self._bodies[query] = (revision, body)
        while len(self._bodies) > _MAX_QUERIES:
            del self._bodies[next(iter(self._bodies))]
        return body


def write_json(content: object) -> bytes:
    """Return JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _write_rows(rows: Sequence[T], describe: Callable[[T], object]) -> bytes:
    # In slices, as no other thread runs while the encoder does.
    slices = (
        write_json([describe(row) for row in rows[begin : begin + _SLICE_ROWS]])[1:-1]
        for begin in range(0, len(rows), _SLICE_ROWS)
    )
    return b"[" + b",".join(slices) + b"]"
