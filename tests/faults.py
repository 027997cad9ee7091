"""Faults of requests and websockets for the fault proxy, one function each."""

import asyncio
import json
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from tests.fault_proxy import (
    CLOSE,
    HEAD_LIMIT,
    TEXT,
    Cut,
    Exchange,
    Fault,
    Frame,
    Frames,
    Reply,
    StreamFault,
)

# Faults of requests


def answer(
    body: bytes | str = b"",
    *,
    status: str = "200 OK",
    content_type: str = "application/json",
    **headers: str,
) -> Fault:
    """Answer with a fixed response; underscores in header names become dashes."""
    data = body.encode() if isinstance(body, str) else body
    dashed = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = Reply(status, {"content-type": content_type, **dashed}, data)

    async def fault(exchange: Exchange) -> None:
        await exchange.send(reply.encode())

    return fault


def answer_json(value: object, status: str = "200 OK", **headers: str) -> Fault:
    """Answer with a value as JSON."""
    return answer(json.dumps(value), status=status, **headers)


def redirect(url: str) -> Fault:
    """Redirect the client to another URL."""
    return answer(status="307 Temporary Redirect", location=url)


def html_502() -> Fault:
    """Answer like an HTTP proxy whose server is down."""
    page = "<html><head><title>502</title></head><body><h1>nginx secret page</h1></body></html>"
    return answer(page, status="502 Bad Gateway", content_type="text/html")


def too_many_requests(retry_after: str) -> Fault:
    """Answer 429 with a Retry-After header."""
    body = {"message": "slow down"}
    return answer_json(body, "429 Too Many Requests", retry_after=retry_after)


def gzip_bomb(size: int) -> Fault:
    """Answer with a few bytes that inflate to `size`."""
    packer = zlib.compressobj(wbits=31)
    block = b" " * 2**16
    packed = packer.compress(b'["')
    packed += b"".join(packer.compress(block) for _ in range(size // len(block)))
    packed += packer.compress(b'"]') + packer.flush()
    return answer(packed, content_encoding="gzip")


async def stall(_exchange: Exchange) -> None:
    """Accept the request and never answer."""
    await asyncio.get_running_loop().create_future()


async def endless(exchange: Exchange) -> None:
    """Answer with a body that never ends."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    while not exchange.is_over:
        await exchange.send(b" " * HEAD_LIMIT)


async def reset(exchange: Exchange) -> None:
    """Accept the request, and reset the connection."""
    await exchange.reset()


async def drop_response(exchange: Exchange) -> None:
    """Let the server handle the request, and drop its response."""
    await exchange.forward()
    await exchange.reset()


def reset_in_body(after: int) -> Fault:
    """Reset the connection after sending `after` bytes of the body."""

    async def fault(exchange: Exchange) -> None:
        data = (await exchange.forward()).encode()
        await exchange.send(data[: data.index(b"\r\n\r\n") + 4 + after])
        await exchange.reset()

    return fault


def changed(change: Callable[[Reply], Reply]) -> Fault:
    """Answer with a changed response of the server."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(change(await exchange.forward()).encode())

    return fault


def changed_body(change: Callable[[bytes], bytes]) -> Fault:
    """Answer with a changed body, as if it were complete."""
    return changed(lambda reply: replace(reply, body=change(reply.body)))


def truncated(length: int) -> Fault:
    """Answer with only the start of the body, as if it were complete."""
    return changed_body(lambda body: body[:length])


first_half = changed_body(lambda body: body[: len(body) // 2])
doubled = changed_body(lambda body: body * 2)


@changed
def wrong_content_range(reply: Reply) -> Reply:
    """Answer with a Content-Range that is longer than the body; without a range, pass."""
    first, last, total = _range(reply) or (0, 0, 0)
    changed = {"content-range": f"bytes {first}-{last + 9}/{total + 99}"} if total else {}
    return replace(reply, headers=reply.headers | changed)


@changed
def lagging(reply: Reply) -> Reply:
    """Answer with the first half of a range, with headers as if the log ended there.

    A response without a range passes.
    """
    content_range = _range(reply)
    if content_range is None:
        return reply
    first, body = content_range[0], reply.body[: (len(reply.body) + 1) // 2]
    end = first + len(body)
    headers = reply.headers | {"content-range": f"bytes {first}-{end - 1}/{end}"}
    return replace(reply, headers=headers, body=body)


def _range(reply: Reply) -> tuple[int, int, int] | None:
    """Return start, end and total of a Content-Range; `None` if there is none."""
    numbers = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", reply.headers.get("content-range", ""))
    return (int(numbers[1]), int(numbers[2]), int(numbers[3])) if numbers else None


def stall_and_reset(seconds: float) -> Fault:
    """Accept the request, send nothing for `seconds`, and reset the connection."""

    async def fault(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.reset()

    return fault


def drip(pause: float) -> Fault:
    """Answer byte by byte, `pause` seconds apart."""

    async def fault(exchange: Exchange) -> None:
        for byte in (await exchange.forward()).encode():
            await exchange.send(bytes([byte]))
            await asyncio.sleep(pause)

    return fault


# Faults of websockets


def after(count: int, then: StreamFault) -> StreamFault:
    """Pass `count` frames, and apply a fault to all further frames."""

    async def fault(frames: Frames) -> Frames:
        for _ in range(count):
            frame = await anext(frames, None)
            if frame is None:
                break
            yield frame
        async for frame in then(frames):
            yield frame

    return fault


def cut(count: int) -> StreamFault:
    """Pass some frames, then break the connection."""

    async def fault(_frames: Frames) -> Frames:
        raise Cut
        yield

    return after(count, fault)


def silence(count: int) -> StreamFault:
    """Pass some frames, then send nothing, but keep the connection open."""

    async def fault(_frames: Frames) -> Frames:
        yield await asyncio.get_running_loop().create_future()

    return after(count, fault)


def replace_after(count: int, *others: Frame) -> StreamFault:
    """Pass `count` frames, and send `others` in place of all further frames."""

    async def fault(_frames: Frames) -> Frames:
        for other in others:
            yield other

    return after(count, fault)


def insert_after(count: int, *others: Frame) -> StreamFault:
    """Pass `count` frames, insert `others`, and pass all further frames."""

    async def fault(frames: Frames) -> Frames:
        for other in others:
            yield other
        async for frame in frames:
            yield frame

    return after(count, fault)


def with_forged(number: int, message: str) -> StreamFault:
    """Insert a forged chunk of a log before the next frame."""
    forged = text_frame(json.dumps({"logs": [{"id": number, "message": message}]}))
    return insert_after(0, forged)


def twice(frames: Frames) -> Frames:
    """Send each text frame twice."""

    async def fault() -> Frames:
        async for frame in frames:
            for _ in range(2 if frame.opcode == TEXT else 1):
                yield frame

    return fault()


def swapped(frames: Frames) -> Frames:
    """Swap each text frame with the next."""

    async def fault() -> Frames:
        held: Frame | None = None
        async for frame in frames:
            if frame.opcode == TEXT and held is None:
                held = frame
                continue
            if frame.opcode == TEXT:
                yield frame
            if held is not None:
                yield held
                held = None
            if frame.opcode != TEXT:
                yield frame

    return fault()


def stall_stream(seconds: float) -> StreamFault:
    """Send nothing for `seconds`, and then continue."""

    async def fault(frames: Frames) -> Frames:
        await asyncio.sleep(seconds)
        async for frame in frames:
            yield frame

    return fault


def change_next(change: Callable[[Frame], Frame | None]) -> StreamFault:
    """Modify the next text frame, or drop it if `change` returns `None`."""

    async def fault(frames: Frames) -> Frames:
        is_first = True
        async for frame in frames:
            result: Frame | None = frame
            if is_first and frame.opcode == TEXT:
                is_first = False
                result = change(frame)
            if result is not None:
                yield result

    return fault


def cut_in_frame(frames: Frames) -> Frames:
    """Break the connection in the middle of the next frame."""

    async def fault() -> Frames:
        async for frame in frames:
            yield TornFrame(frame.opcode, frame.payload)
            raise Cut

    return fault()


class TornFrame(Frame):
    """A frame of which only the first half is sent."""

    def encode(self) -> bytes:
        """Return the first half."""
        data = super().encode()
        return data[: len(data) // 2]


def text_frame(payload: str | bytes) -> Frame:
    """Return a text frame; its payload may be invalid JSON or UTF-8."""
    return Frame(TEXT, payload.encode() if isinstance(payload, str) else payload)


def close_frame(code: int, reason: str = "") -> Frame:
    """Return a closing frame."""
    return Frame(CLOSE, struct.pack("!H", code) + reason.encode())


def oversized_frame(size: int) -> Frame:
    """Return a text frame of `size` bytes."""
    return text_frame(b" " * size)


def instead_oversized(size: int) -> StreamFault:
    """Send a text frame of `size` bytes in place of all frames; it is created when it is sent."""

    def fault(frames: Frames) -> Frames:
        return replace_after(0, oversized_frame(size))(frames)

    return fault
