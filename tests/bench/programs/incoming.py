"""An empty Textual screen that a key redraws completely while a log is received and dropped.

`python -m tests.bench.programs.incoming JOB` is the baseline of keys while a log is received. It
does not even decode the messages of the job's websocket. It needs the environment variables with
the address, the team and the token of Studio.
"""

import sys

from textual import work

from tests.bench.programs.pages import PagesApp
from tests.bench.programs.receiving import messages


class IncomingApp(PagesApp):
    """Shows the pages; after the key `l` it also receives the log again and again."""

    BINDINGS = [("l", "receive", "Receive")]  # noqa: RUF012

    @work(name="receive", group="receive")
    async def action_receive(self) -> None:
        """Receive the log."""
        while True:
            async for _ in messages(sys.argv[1]):
                pass


if __name__ == "__main__":
    IncomingApp().run()
