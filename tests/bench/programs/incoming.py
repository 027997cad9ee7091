"""An empty Textual screen that a key redraws whole while a log comes in, which it drops.

`python -m tests.bench.programs.incoming JOB` is the floor of keys while a log comes in: Textual,
and the websocket of a job, whose messages are received and not even decoded. It needs the address
and the token of Studio, as the dashboard does.
"""

import os
import sys

from textual import work
from websockets.asyncio.client import connect

from tests.bench.programs.pages import PagesApp

_LARGEST = 16 * 1024 * 1024


class IncomingApp(PagesApp):
    """Receives a log again and again beside its pages, from the key on that opens a log."""

    BINDINGS = [("l", "receive", "Receive")]  # noqa: RUF012

    @work(name="receive", group="receive")
    async def action_receive(self) -> None:
        """Receive the log."""
        place = os.environ["DATACHAIN_STUDIO_URL"].replace("http", "ws", 1)
        team, token = (os.environ[f"DATACHAIN_STUDIO_{name}"] for name in ("TEAM", "TOKEN"))
        address = f"{place}/api/logs/follow/?job_id={sys.argv[1]}&team_name={team}"
        headers = {"Authorization": f"Bearer {token}"}
        while True:
            async with connect(address, additional_headers=headers, max_size=_LARGEST) as log:
                async for _ in log:
                    pass


if __name__ == "__main__":
    IncomingApp().run()
