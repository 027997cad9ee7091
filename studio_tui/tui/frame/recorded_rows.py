"""The rows of a list that Studio no longer returns, but the recorder has."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.presentation.cells import Cell, Tone, dim_row
from studio_tui.presentation.format import ago
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.service.recorder.archive import Archive
from studio_tui.tui.frame.list_body import ListBody
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.table_painter import Cells

T = TypeVar("T")

SIGN = "~"
"""The glyph of a state that was recorded and is not confirmed by Studio."""


class RecordedRows(Generic[T]):
    """Adds recorded rows to a list while it is filtered, or once they were requested.

    The user requests them by loading older rows. They are also requested if the previous run ended
    with the cursor on a recorded row.
    """

    def __init__(self, archive: Archive[T], body: ListBody[T]) -> None:
        self.archive = archive
        self._body = body
        self._kind: Kind[T] = body.page.kind
        self._are_requested = False
        self._must_answer = False
        """Whether the user waits to see older rows, or to read that there are none."""
        self._were_needed = False
        self._listed: Sequence[T] | None = None
        """Studio's last answer; `None` before the first."""
        self.since: Mapping[str, datetime] = {}
        """`Archived.since` of the added rows, by key."""

    @property
    def title_parts(self) -> tuple[Part, ...]:
        """The number of added rows, for the title."""
        return (Part(f"· {len(self.since):,} recorded ", Tone.DIM),) if self.since else ()

    def fact(self, key: str | None, now: datetime) -> tuple[Fact, ...]:
        """Return when Studio last listed a recorded row; nothing for a row that it lists."""
        since = self.since.get(key or "")
        return () if since is None else (recorded_fact(since, now),)

    def with_sign(self, key: str, row: Cells) -> Cells:
        """Return the cells of a row, dimmed and with a sign if it is recorded."""
        return as_recorded(row) if key in self.since else row

    def show_recorded(self) -> None:
        """Show recorded rows from now on; if there are none, notify the user."""
        self._are_requested = True
        self._must_answer = self._body.is_complete
        self.update()
        self._answer()

    def update(self) -> None:
        """Request the recorded rows if needed; add or remove them if the need has changed."""
        are_needed = self._are_needed
        if are_needed:
            self.archive.request_read()
        if are_needed != self._were_needed:
            self._were_needed = are_needed
            self.show()

    def show_answer(self, listed: Sequence[T]) -> None:
        """Show the rows of a new answer, and the recorded rows if needed."""
        if self._listed is None:
            self._body.is_recorded = lambda key: key in self.since
            # True if the previous run ended with the cursor on a recorded row.
            self._are_requested |= self._body.view.recorded
        self._listed = listed
        if self._are_needed and not self._were_needed:
            self.update()
        else:
            self.show()

    def show(self) -> None:
        """Show the rows of the last answer, and the recorded rows if needed."""
        archived = self.archive.snapshot.value
        added: dict[str, T] = {}
        if archived is not None and self._are_needed:
            listed_keys = set(map(self._kind.key, self._listed or ()))
            added = {key: row for key, row in archived.items.items() if key not in listed_keys}
        self.since = {key: archived.since[key] for key in added} if archived is not None else {}
        rows = self._listed or ()
        if added:
            rows = sorted((*rows, *added.values()), key=self._newest_first)
        self._body.set_rows(rows, are_all=self._listed is not None)
        self._answer()

    def _answer(self) -> None:
        """Notify the user that there are no older rows, if they were asked for and it is known."""
        if self._must_answer and self._listed is not None and self.archive.snapshot.value:
            self._must_answer = False
            if not self.since:
                self._body.page.notify_user(f"There are no older {self._kind.noun}s")

    @property
    def _are_needed(self) -> bool:
        return self._are_requested or bool(self._body.filtering.terms)

    def _newest_first(self, row: T) -> float:
        """Return a key to sort a row by; rows without a time of creation come first."""
        made_at = self._kind.made_at(row) if self._kind.made_at is not None else None
        return -math.inf if made_at is None else -made_at.timestamp()


def as_recorded(row: Cells) -> tuple[Cell, ...]:
    """Return the cells of a row, dimmed, with `SIGN` instead of the glyph in the first one."""
    state = row[0]
    if isinstance(state, Cell):
        _, _, word = state.text.partition(" ")
        state = Cell(f"{SIGN} {word}", Tone.DIM)
    return dim_row((state, *row[1:]))


def recorded_fact(last_seen: datetime, now: datetime) -> Fact:
    """Return the fact about when Studio last listed a recorded row."""
    words = f"last seen {ago(last_seen, now)}; no longer in Studio's list"
    return Fact("recorded", Cell(words, Tone.WARN))
