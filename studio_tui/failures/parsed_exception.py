"""An exception or another failure that a program has printed, with its chain of causes."""

import re
from typing import NamedTuple

_WRAPPER_NAMES = frozenset(
    {"ChildFailedError", "SystemExit", "KeyboardInterrupt", "CalledProcessError", "Exit",
     "ProcessExitedException", "ProcessRaisedException", "RayTaskError", "_RemoteTraceback",
     "RemoteTraceback", "RemoteError", "BrokenProcessPool", "TerminatedWorkerError"}
)  # fmt: skip
_EXIT_CODE = re.compile(r"(?i)\bexit (?:code|status)\b|\bexitcode\b")
"""The exit status of another process, as in DataChain's message about a UDF worker."""


class ParsedException(NamedTuple):
    """An exception parsed from a printed traceback, or another failure without causes."""

    text: str
    """Exception and message on one line; of a group, the first exception. Untrusted."""
    end: int
    """Index after its last line."""
    cause: "ParsedException | None" = None
    """The direct cause, an embedded exception, or for a wrapper the exception it was handling."""
    embeds_cause: bool = False
    """Whether the message contains the traceback of the cause, which another process printed."""

    @property
    def name(self) -> str:
        """Class name without its module."""
        return self.text.partition(":")[0].partition("(")[0].rpartition(".")[2]

    @property
    def is_wrapper(self) -> bool:
        """Whether the exception only reports that something else failed."""
        return self.name in _WRAPPER_NAMES or _EXIT_CODE.search(self.text) is not None

    @property
    def _root(self) -> "ParsedException":
        """The root cause; without a cause, the exception itself."""
        exception = self
        while exception.cause is not None:
            exception = exception.cause
        return exception

    @property
    def reason(self) -> str:
        """The exception and its root cause, as in `ValueError: bad (caused by KeyError: 'k')`.

        A wrapper is replaced by the first of its causes that is no wrapper. If the message contains
        the cause, the root cause comes first: `KeyError: 'k' (raised as RuntimeError: worker 0)`.
        """
        reported, root = self, self._root
        while reported.is_wrapper and reported.cause is not None:
            reported = reported.cause
        if reported is root or _is_same(reported.text, root.text):
            return root.text
        if reported.embeds_cause:
            return f"{root.text} (raised as {reported.text.rstrip(': ')})"
        return f"{reported.text.rstrip(': ')} (caused by {root.text.rstrip(': ')})"


def _is_same(text: str, other: str) -> bool:
    return text == other or text.endswith("." + other) or other.endswith("." + text)
