"""Protocol for verifying that a connection leads to the server that the token belongs to."""

from typing import Protocol

NOT_RUNNING = "The local Studio is not running."
"""Why nothing is sent; whatever listens at its former port must not see the token."""


class Guard(Protocol):
    """Verifies the server at an address; both methods read files, so call them in a thread."""

    def before(self, url: str) -> object:
        """Verify the server at `url`; return a seal to be checked by `holds`.

        Raises:
            NotSent: it is not the right server, so nothing may be sent there.
        """

    def holds(self, seal: object) -> bool:
        """Whether the same server has been running since the seal was created."""
