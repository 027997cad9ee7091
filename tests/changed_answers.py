"""Plans for the fault proxy that modify Studio's responses, to simulate other servers."""

import json
from collections.abc import Callable
from typing import Any

from studio_tui.api.routes import INSTANCE_HEADER
from tests.fault_proxy import Exchange, Fault, ReceivedRequest, Reply, StreamFault, unchanged


class ChangedResponses:
    """Modifies the JSON responses to GET requests of a path."""

    def __init__(self, path: str, change: Callable[[Any], Any]) -> None:
        self.path = path
        self.change = change

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        """Modify the response if the request is a GET of the path."""
        return self._change if (seen.method, seen.path) == ("GET", self.path) else None

    def stream_fault(self) -> StreamFault:
        """Leave websockets unchanged."""
        return unchanged

    async def _change(self, exchange: Exchange) -> None:
        reply = await exchange.forward()
        body = json.dumps(self.change(json.loads(reply.body))).encode()
        await exchange.send(Reply(reply.status, reply.headers, body).encode())


class WithoutInstanceHeader:
    """Removes the header that identifies a local Studio, so that it looks like any Studio."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        """Remove the header, but only from responses without a websocket."""
        return None if seen.headers.get("upgrade") == "websocket" else self._remove_header

    def stream_fault(self) -> StreamFault:
        """Leave websockets unchanged."""
        return unchanged

    async def _remove_header(self, exchange: Exchange) -> None:
        reply = await exchange.forward()
        headers = {name: value for name, value in reply.headers.items() if name != INSTANCE_HEADER}
        await exchange.send(Reply(reply.status, headers, reply.body).encode())
