"""Which screen was in sight when the dashboard ended, for the next run to begin there."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import Field
from textual.message import Message
from textual.screen import Screen

from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.messages import OpenJob, OpenLog, OpenLogs, OpenPipeline


@runtime_checkable
class Kept(Protocol):
    """A page that the next run can open again."""

    @property
    def kept_as(self) -> tuple[str, ...]:
        """Return which page it is, and the ids of what it is about; empty for nothing now."""


class LastScreen(Remembered):
    """A main place, and the page over it."""

    tab: Literal["jobs", "pipelines", "clusters", "schedules", "logs", "activity"] = "jobs"
    page: str = ""
    """`job`, `log`, `logs` or `pipeline`; empty for none that can be opened again."""
    ids: list[str] = Field(default_factory=list)
    """What the page was about."""

    @classmethod
    def of(cls, stack: Sequence[Screen[Any]]) -> "LastScreen":
        """Return the screen in sight; what cannot be opened again, such as a form, is passed by."""
        pages = [screen for screen in stack if isinstance(screen, Page)]
        tab = next((page.place for page in pages if page.place), "jobs")
        kept = [page.kept_as for page in pages if isinstance(page, Kept) and page.kept_as]
        page, *ids = kept[-1] if kept else ("",)
        return cls.model_validate({"tab": tab, "page": page, "ids": ids})

    def opening(self) -> Message | None:
        """Return what asks for the page over the main place; `None` for the place alone."""
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
