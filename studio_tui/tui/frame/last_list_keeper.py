"""Saves the list in sight for the next run, which shows it before Studio has been reached."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

from studio_tui.clock import monotonic
from studio_tui.tui.frame.last_list import LastList, written
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.page_bars import tab_and_count_parts

EVERY = 30.0
"""Seconds between two versions while rows change; what does not change is not saved again."""


class LastListKeeper:
    """Describes the list of the current tab, if it is one that the next run can show."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: object = None
        self._noted_at = -EVERY

    def to_keep(self, stack: Sequence[Screen[Any]], *, at_once: bool) -> dict[Path, str]:
        """Return the file's new content; nothing if it need not be written now.

        `at_once` is for the end of the program.
        """
        is_due = monotonic() - self._noted_at >= EVERY
        if not (is_due or at_once):
            return {}
        page = next((each for each in stack if isinstance(each, ListPage)), None)
        if page is None or page.is_stacked or not page.list.is_alive or not page.table.keys:
            return {}
        table, view = page.table, page.view
        keys = tuple(table.keys_in_sight)
        # Rows that have not changed are the same objects; ages alone are not worth a version.
        seen = (page.tab, [page.rows.get(key) for key in keys], table.cursor, view)
        fetched_at = page.polled().snapshot.fetched_at
        is_news = at_once or seen != self._seen
        if not is_news or fetched_at is None or table.cursor not in keys:
            return {}
        self._seen, self._noted_at = seen, monotonic()
        tabs, counts = tab_and_count_parts(page.session, page.tab, page.size.width)
        last = LastList(
            at=fetched_at,
            home=page.home,
            crumbs=page.crumbs(),
            tabs=tabs,
            counts=counts,
            title=page.list.title.left,
            filter=view.filter,
            columns=page.columns,
            rows=tuple(page.cells_of(key) for key in keys),
            cursor=keys.index(table.cursor),
            sorting=table.sorting,
            wide=view.wide,
            sideways=table.sideways,
            has_preview=view.preview,
        )
        return {self._file: written(last)}
