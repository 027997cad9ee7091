"""The rows of a list that Studio no longer lists, but the recorder has."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.lists.recorded import as_recorded, recorded_fact
from studio_tui.service.recorder.archive import Archive
from studio_tui.tui.frame.list_body import ListBody
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.table_painter import Cells

T = TypeVar("T")


class RecordedRows(Generic[T]):
    """Adds recorded rows to a list while it is filtered or after older rows were requested."""

    def __init__(
        self,
        archive: Archive[T],
        body: Callable[[], ListBody[T]],
        kind: Kind[T],
    ) -> None:
        """Add the rows of `archive` to the list `body`."""
        self.archive = archive
        self._body = body
        self._kind = kind
        self._are_asked_for = False
        self._were_wanted = False
        self._listed: Sequence[T] | None = None
        """Studio's last answer; `None` before the first."""
        self.since: Mapping[str, datetime] = {}
        """The added rows by key, and since when each is as recorded."""

    @property
    def title_parts(self) -> tuple[Part, ...]:
        """The parts for the title of the list."""
        return (Part(f"· {len(self.since):,} recorded ", Tone.DIM),) if self.since else ()

    def fact(self, key: str | None, now: datetime) -> tuple[Fact, ...]:
        """Return the first fact in the preview of a recorded row; empty for other rows."""
        since = self.since.get(key or "")
        return () if since is None else (recorded_fact(since, now),)

    def marked(self, key: str, row: Cells) -> Cells:
        """Return the cells of a row, marked as recorded if it is."""
        return as_recorded(row) if key in self.since else row

    def want(self) -> None:
        """Show recorded rows from now on, as older rows were requested."""
        self._are_asked_for = True
        self.update()

    def update(self) -> None:
        """Read the recorded rows if they are needed now, and add or remove them."""
        is_wanted = self._is_wanted
        if is_wanted:
            self.archive.want()
        if is_wanted != self._were_wanted:
            self._were_wanted = is_wanted
            self.show()

    def take(self, listed: Sequence[T]) -> None:
        """Show a new answer of Studio."""
        body = self._body()
        if self._listed is None:
            body.is_recorded = lambda key: key in self.since
            self._are_asked_for |= body.holder.view.recorded
        self._listed = listed
        self.update() if self._is_wanted and not self._were_wanted else self.show()

    def show(self) -> None:
        """Show the rows of Studio, and recorded ones if needed."""
        archived = self.archive.snapshot.value
        older: dict[str, T] = {}
        if archived is not None and self._is_wanted:
            ids = {self._kind.key(row) for row in self._listed or ()}
            older = {key: row for key, row in archived.things.items() if key not in ids}
        self.since = {key: archived.since[key] for key in older} if archived is not None else {}
        rows = self._listed or ()
        if older:
            rows = sorted((*rows, *older.values()), key=self._age)
        self._body().take(rows, are_all=self._listed is not None)

    @property
    def _is_wanted(self) -> bool:
        return self._are_asked_for or bool(self._body().filtering.terms)

    def _age(self, row: T) -> float:
        made_at = self._kind.made_at(row) if self._kind.made_at is not None else None
        return -math.inf if made_at is None else -made_at.timestamp()
