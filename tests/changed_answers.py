"""A proxy's plan that changes what Studio answers, as another server might have sent it."""

import json
from collections.abc import Callable
from typing import Any

from studio_tui.api.routes import INSTANCE_HEADER
from tests.fault_proxy import Exchange, Fault, Frames, Reply, Seen, StreamFault


class Changed:
    """Changes the JSON that a path is answered with."""

    def __init__(self, path: str, change: Callable[[Any], Any]) -> None:
        self.path = path
        self.change = change

    def fault(self, seen: Seen) -> Fault | None:
        """Change the answers of the path to what only reads."""
        return self._change if (seen.method, seen.path) == ("GET", self.path) else None

    def stream_fault(self) -> StreamFault:
        """Let websockets be."""
        return _unchanged

    async def _change(self, exchange: Exchange) -> None:
        reply = await exchange.forward()
        body = json.dumps(self.change(json.loads(reply.body))).encode()
        await exchange.send(Reply(reply.status, reply.headers, body).encoded())


def _unchanged(frames: Frames) -> Frames:
    return frames


class Documented:
    """Lets everything pass, as a Studio that does not name itself as the local one."""

    def fault(self, seen: Seen) -> Fault | None:
        """Take the name out of answers to HTTP."""
        return None if seen.headers.get("upgrade") == "websocket" else self._unname

    def stream_fault(self) -> StreamFault:
        """Let websockets be."""
        return _unchanged

    async def _unname(self, exchange: Exchange) -> None:
        reply = await exchange.forward()
        headers = {name: value for name, value in reply.headers.items() if name != INSTANCE_HEADER}
        await exchange.send(Reply(reply.status, headers, reply.body).encoded())
