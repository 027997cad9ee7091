"""Incremental parsing of a polled list: usually, only rows that changed are parsed again.

Equal rows are found by comparing bytes. After about 64 KiB of parsed rows, the event loop runs. If
1 % of 1,000 jobs (1 MB) have changed, this takes less than 1 ms of CPU; parsing all of them takes
about 50 times as long.
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from studio_tui.api.answers import not_json_message, parse_json, without_byte_order_mark
from studio_tui.api.fields import Received
from studio_tui.errors import ProtocolError

T = TypeVar("T", bound=Received)

SLICE = 64 * 1024
"""Bytes of rows parsed between two yields to the event loop: 1 to 4 ms."""

_MOST_ROWS = 64
"""Maximum number of rows compared at once; a comparison copies the bytes of the rows."""

_FIRST_ROW = re.compile(rb'\s*\[\s*(?=\{\s*"([^"\\]*)")')
"""The group is the name of the first field of the first row."""
_EMPTY = re.compile(rb"\s*\[\s*\]\s*")
_SEPARATORS = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """Parsed response of a list endpoint, in Studio's order."""

    items: tuple[T, ...]
    unreadable: int = 0
    """Number of rows dropped because they are not an object with an id."""
    duplicates: int = 0
    """Number of rows dropped because a row before them has the same id."""
    not_requested: int = 0
    """Number of rows dropped because the query did not ask for them."""

    @property
    def received(self) -> int:
        """Number of rows that Studio sent, including the dropped ones."""
        return len(self.items) + self.unreadable + self.duplicates + self.not_requested


@dataclass(slots=True)
class _Rows(Generic[T]):
    starts: list[int] = field(default_factory=list)
    """Offset of each row in the body; empty if `_read_all` parsed the body."""
    models: list[T | None] = field(default_factory=list)
    """`None` for a row that could not be parsed."""
    indices: dict[str, int] = field(default_factory=dict)
    """Index in `models` by identity; of duplicates, the last index. Empty until computed."""


class _Irregular(Exception):  # noqa: N818 (never leaves this module)
    """The body cannot be split into rows by the field with which the first row starts."""


class ListReader(Generic[T]):
    """Parses the responses of one list, reusing models of the previous response."""

    def __init__(
        self,
        kind: type[T],
        identity_of: Callable[[T], str],
        is_requested: Callable[[T], bool] | None = None,
    ) -> None:
        """Initialize; `identity_of` returns what identifies a row, such as its id.

        Rows for which `is_requested` returns False are dropped; Studio should not have sent them.
        """
        self._kind = kind
        self._identity_of = identity_of
        self._is_requested = is_requested
        self._body = b""
        self._rows: _Rows[T] = _Rows()
        self._page: ResultPage[T] | None = None
        self._reading = asyncio.Lock()

    async def read(self, body: bytes) -> ResultPage[T]:
        """Parse a body; if it equals the previous one, return the same page.

        Raises:
            ProtocolError: The body is not a JSON list.
        """
        body = without_byte_order_mark(body)
        # The same list may be requested twice concurrently.
        async with self._reading:
            if self._page is not None and body == self._body:
                return self._page
            try:
                rows = await self._read_changes(body)
            except _Irregular:
                rows = await self._read_all(body)
            page = self._build_page(rows)
            self._body, self._rows, self._page = body, rows, page
            return page

    async def _read_changes(self, body: bytes) -> _Rows[T]:
        """Parse a body whose rows all start with the same field, as servers usually write them."""
        rows: _Rows[T] = _Rows()
        if _EMPTY.fullmatch(body):
            return rows
        position, separator, end = _row_bounds(body)
        old = self._rows
        # Index of the old row that is compared with the next row of `body`.
        expected = 0
        # Bytes parsed since the event loop ran.
        parsed = 0
        # Whether all rows so far have the same index as in the old body. If the old body had
        # unreadable or duplicate rows, this is always false, as its indices cannot be reused then.
        is_same_order = len(old.indices) == len(old.models)
        while position < end:
            same = self._count_same_rows(body, position, expected)
            if same:
                is_same_order = is_same_order and expected == len(rows.models)
                shift = position - old.starts[expected]
                last = expected + same
                unchanged = old.starts[expected:last]
                rows.starts += map(shift.__add__, unchanged) if shift else unchanged
                rows.models += old.models[expected:last]
                expected = last
                position = old.starts[last] + shift if last < len(old.starts) else len(body)
                continue
            cut = body.find(separator, position) if separator else -1
            row_end = end if cut < 0 else cut + 1
            model = self._parse(body[position:row_end])
            old_index = None if model is None else old.indices.get(self._identity_of(model))
            is_same_order = is_same_order and old_index == len(rows.models)
            if old_index is not None:
                expected = old_index + 1
                if old.models[old_index] == model:
                    model = old.models[old_index]
            rows.starts.append(position)
            rows.models.append(model)
            parsed += row_end - position
            if parsed > SLICE:
                parsed = 0
                await asyncio.sleep(0)
            position = end if cut < 0 else body.index(b"{", row_end)
        if is_same_order and len(rows.models) == len(old.models):
            rows.indices = old.indices
        return rows

    def _count_same_rows(self, body: bytes, position: int, expected: int) -> int:
        """Return how many old rows, from index `expected` on, are in `body` at `position`.

        Compares ever more rows at once until some differ, then halves their number.
        """
        old, starts = self._body, self._rows.starts
        if expected >= len(starts):
            return 0
        shift = position - starts[expected]
        row, step, grows = expected, 1, True
        while row < len(starts):
            after = min(row + step, len(starts))
            start, end = starts[row], starts[after] if after < len(starts) else len(old)
            is_same = body.startswith(old[start:end], start + shift)
            if is_same and (end < len(old) or end + shift == len(body)):
                row = after
                step = min(step * 2, _MOST_ROWS) if grows else step
            elif step == 1:
                break
            else:
                # The difference is in these rows: try their first half.
                grows = False
                step //= 2
        return row - expected

    def _parse(self, text: bytes) -> T | None:
        try:
            row = from_json(text)
        except ValueError:
            raise _Irregular from None
        return self._model(row)

    def _model(self, row: Any) -> T | None:
        try:
            return self._kind.model_validate(row)
        except ValidationError:
            return None

    async def _read_all(self, body: bytes) -> _Rows[T]:
        """Python's parser is used, which is more lenient than pydantic's."""
        rows: _Rows[T] = _Rows()
        text = body.decode("utf-8", "replace").strip()
        if not text.startswith("["):
            value = parse_json(body)
            raise ProtocolError(f"Studio answered with {_describe_type(value)} instead of a list.")
        position, parsed = _skip_separators(text, 1), 0
        decoder = json.JSONDecoder()
        try:
            while text[position : position + 1] not in {"]", ""}:
                row, end = decoder.raw_decode(text, position)
                rows.models.append(self._model(row))
                parsed += end - position
                position = _skip_separators(text, end)
                if parsed > SLICE:
                    parsed = 0
                    await asyncio.sleep(0)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(not_json_message(body, str(error))) from None
        if text[position:] != "]":
            raise ProtocolError(not_json_message(body, "the list does not end where it should"))
        return rows

    def _build_page(self, rows: _Rows[T]) -> ResultPage[T]:
        unique = readable = list(filter(None, rows.models))
        if not rows.indices:
            identities = map(self._identity_of, readable)
            rows.indices = dict(zip(identities, range(len(readable)), strict=True))
        if len(rows.indices) < len(rows.models):
            # There are unreadable rows or duplicates: rare, so this may be slow.
            first: dict[str, T] = {}
            for row in readable:
                first.setdefault(self._identity_of(row), row)
            unique = list(first.values())
            rows.indices = {
                self._identity_of(row): index
                for index, row in enumerate(rows.models)
                if row is not None
            }
        items = tuple(filter(self._is_requested, unique) if self._is_requested else unique)
        return ResultPage(
            items=items,
            unreadable=len(rows.models) - len(readable),
            duplicates=len(readable) - len(unique),
            not_requested=len(unique) - len(items),
        )


def _row_bounds(body: bytes) -> tuple[int, bytes | None, int]:
    """Return the start of the first row, the separator between rows, and the end of the last row.

    The separator is `None` if there is only one row. A separator, such as `}, {"id"`, contains an
    unescaped quote, so it cannot occur inside a JSON string. It can occur in a nested list; then
    the row that it splits fails to parse.
    """
    first = _FIRST_ROW.match(body)
    end = body.rfind(b"]")
    if first is None or body[end + 1 :].strip():
        raise _Irregular
    opening = rb"\{\s*\"" + re.escape(first[1]) + rb'"'
    between = re.compile(rb"\}\s*,\s*" + opening).search(body, first.end())
    return first.end(), between[0] if between else None, end


def _skip_separators(text: str, position: int) -> int:
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position


def _describe_type(value: Any) -> str:
    return {dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a value")
