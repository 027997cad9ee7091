"""The screens that were open when the dashboard ended, restored by the next run."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from textual.message import Message
from textual.screen import Screen

from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.messages import OpenJob, OpenLog, OpenLogs, OpenPipeline

_MAX_PAGES = 8
"""How many pages over the tab are saved at most; if there are more, the topmost."""


class LastScreen(Remembered):
    """A tab, and the pages over it."""

    tab: Literal["jobs", "pipelines", "clusters", "schedules", "logs", "activity"] = "jobs"
    pages: list[list[str]] = Field(default_factory=list)
    """The pages over the tab, lowest first, as in their attribute `saved_as`.

    That is the kind of a page, and the ids of the items that it shows, as in `["log", JOB_ID]`.
    """

    @classmethod
    def of(cls, stack: Sequence[Screen[Any]]) -> "LastScreen":
        """Return the screens of a stack, except those without `saved_as`, such as forms."""
        pages = [screen for screen in stack if isinstance(screen, Page)]
        tab = next((page.tab for page in pages if page.tab), "jobs")
        # `getattr`, as `isinstance` with a protocol would take longer than the rest of this method.
        saved_pages = [words for page in pages if (words := getattr(page, "saved_as", ()))]
        return cls.model_validate({"tab": tab, "pages": saved_pages[-_MAX_PAGES:]})

    def opening_messages(self) -> list[Message]:
        """Return the messages that open the pages over the tab, the lowest first."""
        messages = map(_opening_message, self.pages)
        return [message for message in messages if message is not None]


def _opening_message(saved_page: Sequence[str]) -> Message | None:
    match saved_page:
        case ["job", job_id]:
            return OpenJob(job_id, ())
        case ["log", job_id]:
            return OpenLog(job_id)
        case ["logs", *_]:
            return OpenLogs(())  # the page itself restores its jobs
        case ["pipeline", pipeline_id]:
            return OpenPipeline(pipeline_id)
        case _:
            return None
