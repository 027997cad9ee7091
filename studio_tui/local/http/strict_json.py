"""Reads request bodies: bounded in size, and only JSON that means the same to every parser.

RFC 8259 does not say what duplicate names, huge numbers and lone surrogates mean, so two programs
may read one request differently. Bodies with any of these are refused.
"""

import asyncio
import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from studio_tui.local.http.errors import Refusal

JSON_LIMIT = 1024 * 1024
"""Maximum bytes of a JSON body."""

DRAIN_LIMIT = 64 * 1024 * 1024
"""Bytes of a refused body that are still read, so that the client can receive the refusal."""

IDLE_SECONDS = 30.0
"""Seconds without data after which a body is refused."""

_INTEGER_DIGITS = 18
"""Maximum digits of a whole number, which so fits into 64 bits."""
_MAX_NAME = 100


class StrictRoute(APIRoute):
    """A route whose handler reads bodies through `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


class StrictRequest(Request):
    """A request whose `body` is bounded in size and must not stall; its `json` is unambiguous."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield a body of up to `JSON_LIMIT` bytes in parts; raise what `limited_body` raises."""
        async for chunk in limited_body(self, JSON_LIMIT):
            yield chunk

    async def json(self) -> Any:
        """Return the body's value; raise what `stream` raises.

        Raises:
            Refusal: It is not UTF-8 (400), or not JSON or ambiguous (422).
        """
        try:
            return read_json(await self.body())
        except UnusableJson as error:
            is_text = not isinstance(error.__cause__, UnicodeDecodeError)
            raise Refusal(422 if is_text else 400, f"The body {error}.") from error


class UnusableJson(ValueError):  # noqa: N818 (the name says what is wrong)
    """A body is not JSON or is ambiguous; the message completes the sentence "The body ..."."""


async def limited_body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the parts of a body as they arrive, of at most `limit` bytes together.

    Raises:
        Refusal: It is larger than `limit` bytes (413), stalls (408), or broke off (400).
    """
    declared = request.headers.get("content-length", "")
    too_large = declared.isdigit() and int(declared) > limit
    received = 0
    chunks = aiter(Request.stream(request))  # without the limit of a `StrictRequest`
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            break
        except ClientDisconnect as error:
            raise Refusal(400, "The request ended too early.") from error
        except TimeoutError as error:
            raise Refusal(408, "The body of the request did not arrive in time.") from error
        received += len(chunk)
        too_large = too_large or received > limit
        if received > limit + DRAIN_LIMIT:
            break
        if not too_large:
            yield chunk
    if too_large:
        raise Refusal(413, f"The body is larger than {limit // (1024 * 1024)} MiB.")


def read_json(body: bytes) -> Any:
    """Return the value of a JSON text, or raise `UnusableJson`; a byte order mark is skipped."""
    try:
        text = body.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableJson(f"is not UTF-8 at byte {error.start}") from error
    try:
        value = json.loads(text, object_pairs_hook=_check_object, parse_int=_parse_integer)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnusableJson:
        raise
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnusableJson(f"is not JSON: {error.msg} at {where}") from error
    except UnicodeEncodeError as error:
        raise UnusableJson("contains half of a surrogate pair, which is not valid text") from error
    except ValueError as error:
        raise UnusableJson("contains NaN, Infinity or a number that is too large") from error
    except RecursionError as error:
        raise UnusableJson("is nested too deeply") from error
    return value


def _check_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        duplicate = next(name for name, count in counts.items() if count > 1)
        if len(duplicate) > _MAX_NAME:
            duplicate = f"{duplicate[:_MAX_NAME]}…"
        raise UnusableJson(f"names {json.dumps(duplicate, ensure_ascii=False)} twice")
    return members


def _parse_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _INTEGER_DIGITS:
        raise UnusableJson(f"contains a whole number of more than {_INTEGER_DIGITS} digits")
    return int(digits)
