"""Notices about the end of jobs and pipelines that were started, opened or marked here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from textual.app import App

from studio_tui.presentation.jobs.endings import ended_jobs_message, ended_pipelines_message
from studio_tui.service.polling.endings import Ended, Endings
from studio_tui.tui.frame.page import Page
from studio_tui.tui.widgets.debouncer import Debouncer

NOTICE_DELAY = 1.6
"""Seconds without another ending before a notice is shown.

More than the time between polls of a busy list, so that one notice reports the jobs that end
together, and on the local Studio also their pipelines.
"""

LONGEST_DELAY = 8.0
"""Seconds from an ending to its notice at most, however many endings follow."""

FAILURE_TIMEOUT = 20.0
"""Seconds for which a notice of a failure is shown."""


class Notices:
    """Reports the ends of one Studio's jobs and pipelines with notices, badges and the bell."""

    def __init__(self, app: App[Any], endings: Endings, *, quiet: bool) -> None:
        """Report `endings`; if `quiet`, with badges only."""
        self._app = app
        self._endings = endings
        self._quiet = quiet
        self._unreported = Ended()
        self._debouncer = Debouncer(app, self._report, pause=NOTICE_DELAY, most=LONGEST_DELAY)
        self._unsubscribe: Callable[[], None] = endings.on_end(self._gather)
        app.screen_change_signal.subscribe(app, lambda _: self.clear_badge())

    def stop(self) -> None:
        """Stop reporting."""
        self._debouncer.cancel()
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def clear_badge(self) -> None:
        """Remove the badge of the visible tab, if the terminal has the focus.

        From the badge of another tab, remove the items that the visible page shows.
        """
        if (page := self._page_in_sight()) is not None:
            self._endings.clear_badge(page.tab)
            tab, ids = _items_of(page)
            self._endings.clear_badge(tab, ids)

    def _gather(self, ended: Ended) -> None:
        page = self._page_in_sight()
        # The visible page of a job, its log or a pipeline shows the end of that item already.
        shown_tab, ids = _items_of(page)
        if shown_tab == "jobs":
            ended = replace(ended, jobs=tuple(job for job in ended.jobs if job.id not in ids))
        elif shown_tab == "pipelines":
            others = (each for each in ended.pipelines if each.pipeline_id not in ids)
            ended = replace(ended, pipelines=tuple(others))
        for tab, of_tab in (
            ("jobs", replace(ended, pipelines=())),
            ("pipelines", replace(ended, jobs=())),
        ):
            if of_tab.failed_by_id and (page is None or tab != page.tab):
                self._endings.add_to_badge(tab, of_tab)
        if self._quiet or not ended.failed_by_id:
            return
        self._unreported += ended
        self._debouncer.note()

    def _report(self) -> None:
        ended, self._unreported = self._unreported, Ended()
        words = [ended_jobs_message(ended.jobs)] if ended.jobs else []
        if ended.pipelines:
            words.append(ended_pipelines_message(ended.pipelines))
        if any(ended.failed_by_id.values()):
            self._app.notify(
                "\n".join(words), severity="error", timeout=FAILURE_TIMEOUT, markup=False
            )
        else:
            self._app.notify("\n".join(words), markup=False)
        if not self._app.app_focus:
            self._app.bell()

    def _page_in_sight(self) -> Page | None:
        """Return the visible page, even below a dialog; `None` if the terminal lacks the focus."""
        if not self._app.app_focus:
            return None
        stack = reversed(self._app.screen_stack)
        return next((screen for screen in stack if isinstance(screen, Page)), None)


def _items_of(page: Page | None) -> tuple[str, Sequence[str]]:
    """Return the tab that lists the items of a page over a tab, and their ids; "" without any."""
    # `saved_as` is the kind of a page and the ids of its items; some pages have none.
    kind, *ids = getattr(page, "saved_as", ("",))
    return {"job": "jobs", "log": "jobs", "pipeline": "pipelines"}.get(kind, ""), ids
