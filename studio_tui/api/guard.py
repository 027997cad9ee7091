"""Protocol for verifying that a connection leads to the server that the token belongs to."""

from typing import Protocol

NOT_ITS_OWN = (
    "The local Studio is gone; the token is not sent to the program that uses its port now."
)


class Guard(Protocol):
    """Verifies the server at an address; both methods read files, so call them in a thread."""

    def before(self, url: str) -> object:
        """Verify the server at `url`; return a seal to be checked by `holds`.

        Raises:
            NotSent: another program has the port, so nothing may be sent there.
        """

    def holds(self, seal: object) -> bool:
        """Whether the same server has been running since the seal was created."""
