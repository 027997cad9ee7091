"""Incremental parsing of a polled list: usually, only rows that changed are parsed again.

Equal rows are found by comparing bytes. After about 64 KiB of parsed rows, the event loop runs. If
1 % of 1,000 jobs (1 MB) have changed, this takes about 1 ms of CPU; parsing all of them takes
about 15 times as long.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from studio_tui.api.answers import not_json_message, parse_json, without_byte_order_mark
from studio_tui.api.fields import Received
from studio_tui.errors import ProtocolError

T = TypeVar("T", bound=Received)
V = TypeVar("V")

SLICE = 64 * 1024
"""Bytes of rows parsed between two yields to the event loop: 1 to 4 ms."""

_FIRST_ROW = re.compile(rb'\s*\[\s*(\{\s*"([^"\\]*)")')
"""The second group is the name of the first field of the first row."""
_END = re.compile(rb"\}\s*\]\s*\Z")
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
    opening: bytes = b""
    """The start of each row, such as `{"id"`."""
    texts: list[bytes] = field(default_factory=list)
    """What follows the opening in each row, up to its `}`; empty if `_read_all` parsed the body."""
    models: list[T | None] = field(default_factory=list)
    """`None` for a row that could not be parsed."""


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
                rows = await self._read_changes(_split_rows(body))
            except _Irregular:
                rows = _Rows(models=await self._read_all(body))
            page = self._build_page(rows.models)
            self._body, self._rows, self._page = body, rows, page
            return page

    async def _read_changes(self, rows: _Rows[T]) -> _Rows[T]:
        """Add the models to `rows`, those of unchanged rows from the previous response."""
        old = self._rows if self._rows.opening == rows.opening else _Rows()
        texts, count = rows.texts, len(rows.texts)
        shift = _shift(old.texts, texts)
        expected = _aligned(old.texts, shift, count)
        rows.models = _aligned(old.models, shift, count)
        changed = [index for index in range(count) if texts[index] != expected[index]]
        # Hashing a row takes about a twentieth of the time of parsing it.
        known = dict(zip(old.texts, old.models, strict=True)) if len(changed) > count // 20 else {}
        # Bytes parsed since the event loop ran.
        parsed = 0
        for index in changed:
            text = texts[index]
            rows.models[index] = known.get(text) or self._parse(rows.opening + text + b"}")
            parsed += len(text)
            if parsed > SLICE:
                parsed = 0
                await asyncio.sleep(0)
        return rows

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

    async def _read_all(self, body: bytes) -> list[T | None]:
        """Python's parser is used, which is more lenient than pydantic's."""
        models: list[T | None] = []
        text = body.decode("utf-8", "replace").strip()
        if not text.startswith("["):
            value = parse_json(body)
            raise ProtocolError(f"Studio answered with {_describe_type(value)} instead of a list.")
        position, parsed = _skip_separators(text, 1), 0
        decoder = json.JSONDecoder()
        try:
            while text[position : position + 1] not in {"]", ""}:
                row, end = decoder.raw_decode(text, position)
                models.append(self._model(row))
                parsed += end - position
                position = _skip_separators(text, end)
                if parsed > SLICE:
                    parsed = 0
                    await asyncio.sleep(0)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(not_json_message(body, str(error))) from None
        if text[position:] != "]":
            raise ProtocolError(not_json_message(body, "the list does not end where it should"))
        return models

    def _build_page(self, models: list[T | None]) -> ResultPage[T]:
        unique = readable = list(filter(None, models))
        if len(set(map(self._identity_of, readable))) < len(readable):
            first: dict[str, T] = {}
            for model in readable:
                first.setdefault(self._identity_of(model), model)
            unique = list(first.values())
        items = tuple(filter(self._is_requested, unique))
        return ResultPage(
            items=items,
            unreadable=len(models) - len(readable),
            duplicates=len(readable) - len(unique),
            not_requested=len(unique) - len(items),
        )


def _aligned(rows: Sequence[V | None], shift: int, count: int) -> list[V | None]:
    """Return `count` rows, with `None` where there is no old row."""
    return [*([None] * shift), *rows[max(0, -shift) :], *([None] * count)][:count]


def _shift(old: list[bytes], new: list[bytes]) -> int:
    """Return how far most rows have moved, as rows are added at the front."""
    middle = len(old) // 2
    return new.index(old[middle]) - middle if old and old[middle] in new else 0


def _split_rows(body: bytes) -> _Rows[Any]:
    """Return the texts of rows that all start with the same field, as servers usually write them.

    A separator, such as `}, {"id"`, contains an unescaped quote, so it cannot occur inside a JSON
    string. It can occur in a nested list; then the row that it splits fails to parse.
    """
    if _EMPTY.fullmatch(body):
        return _Rows()
    first = _FIRST_ROW.match(body)
    last = _END.search(body, max(0, body.rfind(b"}")))
    if first is None or last is None:
        raise _Irregular
    opening, field = first.groups()
    between = re.compile(rb'\}\s*,\s*\{\s*"' + re.escape(field) + rb'"').search(body, first.end())
    texts = body.split(between[0]) if between else [body]
    texts[-1] = texts[-1][: last.start() - len(body)]
    texts[0] = texts[0][first.end() :]
    return _Rows(opening, texts)


def _skip_separators(text: str, position: int) -> int:
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position


def _describe_type(value: Any) -> str:
    return {dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a value")
