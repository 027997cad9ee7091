"""Protocol for verifying that a connection leads to the server that the token belongs to."""

from typing import Protocol

NOT_RUNNING = "The local Studio is not running."
"""Why nothing was sent: another program at the server's former port must not see the token."""


class Guard(Protocol):
    """Verifies the server at an address; both methods read files, so call them in a thread."""

    def verify(self, url: str) -> object:
        """Verify the server at `url` before a connection is opened.

        Returns its seal: a value that changes whenever a server starts.

        Raises:
            NotSent: it is not the right server, so nothing may be sent there.
        """

    def is_same_server(self, seal: object) -> bool:
        """Whether the server with that seal still runs; called after a connection was opened."""
