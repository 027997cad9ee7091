"""An empty Textual screen that a key redraws whole while a log comes in, which it drops.

`python -m tests.bench.programs.incoming JOB` is the floor of keys while a log comes in: Textual,
and the websocket of a job, whose messages are received and not even decoded. It needs the address
and the token of Studio, as the dashboard does.
"""

import sys

from textual import work

from tests.bench.programs.pages import PagesApp
from tests.bench.programs.receiving import messages


class IncomingApp(PagesApp):
    """Receives a log again and again beside its pages, from the key on that opens a log."""

    BINDINGS = [("l", "receive", "Receive")]  # noqa: RUF012

    @work(name="receive", group="receive")
    async def action_receive(self) -> None:
        """Receive the log."""
        while True:
            async for _ in messages(sys.argv[1]):
                pass


if __name__ == "__main__":
    IncomingApp().run()
