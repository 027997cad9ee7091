"""The screens that were open when the dashboard ended, restored by the next run."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from textual.message import Message
from textual.screen import Screen

from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.messages import OpenJob, OpenLog, OpenLogs, OpenPipeline

_MOST = 8
"""Maximum number of pages that are reopened, the topmost ones."""


class LastScreen(Remembered):
    """A tab, and the pages over it."""

    tab: Literal["jobs", "pipelines", "clusters", "schedules", "logs", "activity"] = "jobs"
    pages: list[list[str]] = Field(default_factory=list)
    """The pages over the tab, lowest first: the `kept_as` of each, its kind and subject's ids."""

    @classmethod
    def of(cls, stack: Sequence[Screen[Any]]) -> "LastScreen":
        """Return the current screens, skipping those that cannot be reopened, such as a form."""
        pages = [screen for screen in stack if isinstance(screen, Page)]
        tab = next((page.tab for page in pages if page.tab), "jobs")
        # `isinstance` of a protocol would take longer than everything else here, each second.
        kept = [kept for page in pages if (kept := getattr(page, "kept_as", ()))]
        return cls.model_validate({"tab": tab, "pages": kept[-_MOST:]})

    def opening(self) -> list[Message]:
        """Return the messages that open the pages over the tab, the lowest first."""
        return [message for kept in self.pages if (message := _opening(kept)) is not None]


def _opening(kept: Sequence[str]) -> Message | None:
    """Return the message that opens a page; `None` if there is no such page."""
    match kept:
        case ["job", job_id]:
            return OpenJob(job_id, ())
        case ["log", job_id]:
            return OpenLog(job_id)
        case ["logs", *job_ids] if job_ids:
            return OpenLogs(job_ids)
        case ["pipeline", pipeline_id]:
            return OpenPipeline(pipeline_id)
        case _:
            return None
