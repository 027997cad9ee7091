"""What makes sure that a connection leads to the very server that the token is for."""

from typing import Protocol

NOT_ITS_OWN = "The local Studio is gone; the token is not sent to whatever holds its port now."


class Guard(Protocol):
    """Watches over the address of a server; both calls read files, so they are for a thread."""

    def before(self, url: str) -> object:
        """Make sure that the server is the one at `url`; return a seal of what was found.

        Raises:
            NotSent: it is not, so nothing may be sent there.
        """

    def holds(self, seal: object) -> bool:
        """Whether the server has been there all the time since the seal was made."""
