"""The screen that was open when the dashboard ended, restored by the next run."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from textual.message import Message
from textual.screen import Screen

from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.messages import OpenJob, OpenLog, OpenLogs, OpenPipeline


class LastScreen(Remembered):
    """A tab, and the page over it."""

    tab: Literal["jobs", "pipelines", "clusters", "schedules", "logs", "activity"] = "jobs"
    page: str = ""
    """`job`, `log`, `logs` or `pipeline`; empty if no page can be reopened."""
    ids: list[str] = Field(default_factory=list)
    """The ids of the page's subject."""

    @classmethod
    def of(cls, stack: Sequence[Screen[Any]]) -> "LastScreen":
        """Return the current screen, skipping those that cannot be reopened, such as a form."""
        pages = [screen for screen in stack if isinstance(screen, Page)]
        tab = next((page.place for page in pages if page.place), "jobs")
        # Of a protocol, `isinstance` would take longer than all else here, each second.
        kept = [kept for page in pages if (kept := getattr(page, "kept_as", ()))]
        page, *ids = kept[-1] if kept else ("",)
        return cls.model_validate({"tab": tab, "page": page, "ids": ids})

    def opening(self) -> Message | None:
        """Return the message that opens the page over the tab; `None` for the tab alone."""
        if not self.ids:
            return None
        first = self.ids[0]
        match self.page:
            case "job":
                return OpenJob(first, ())
            case "log":
                return OpenLog(first)
            case "logs":
                return OpenLogs(self.ids)
            case "pipeline":
                return OpenPipeline(first)
            case _:
                return None
