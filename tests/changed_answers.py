"""Plans for the fault proxy that modify Studio's responses, to simulate other servers."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from studio_tui.api.routes import INSTANCE_HEADER
from tests.fault_proxy import Fault, ReceivedRequest, Reply
from tests.faults import changed, changed_body


class ChangedResponses:
    """Modifies the JSON responses to GET requests of a path."""

    def __init__(self, path: str, change: Callable[[Any], Any]) -> None:
        self.path = path
        self._fault = changed_body(lambda body: json.dumps(change(json.loads(body))).encode())

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        """Modify the response if the request is a GET of the path."""
        return self._fault if (seen.method, seen.path) == ("GET", self.path) else None


class WithoutInstanceHeader:
    """Removes the header that identifies a local Studio, so that it looks like any Studio."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        """Remove the header, but only from responses without a websocket."""
        return None if seen.headers.get("upgrade") == "websocket" else changed(self.change)

    def change(self, reply: Reply) -> Reply:
        """Remove the header from a response."""
        headers = {name: value for name, value in reply.headers.items() if name != INSTANCE_HEADER}
        return replace(reply, headers=headers)
