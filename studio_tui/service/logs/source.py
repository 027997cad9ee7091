"""The parts of the client needed to follow a log, and the question that goes to the user."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol

from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import LogFrame
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.service.logs.rest_log import LogBodies

MayFetch = Callable[[str], Awaitable[bool]]
"""Asks whether an archived log may be fetched from a host, whose name is not safe to draw."""


async def always(_host: str) -> bool:
    """Allow every host."""
    return True


class LogSource(LogBodies, Protocol):
    """The part of the client needed to follow a log."""

    def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        """Yield the frames of one connection; see `api.log_stream`."""

    def log_blob(self, url: str) -> AsyncGenerator[bytes, None]:
        """Yield an archived part of a log from an address that Studio gave."""

    async def jobs(self, *, limit: int = 100, job_id: str | None = None) -> ResultPage[Job]:
        """Return the job, for its status."""


class LogEnds(LogBodies, Protocol):
    """The part of the client needed to preview the end of a log."""

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        """Return the last `length` bytes of the log."""


class Logs(LogSource, LogEnds, Protocol):
    """The part of the client needed to keep open logs."""
