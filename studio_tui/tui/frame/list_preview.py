"""The preview beside a list, about the row under the cursor."""

from collections.abc import Callable
from datetime import datetime

from textual.containers import Container
from textual.geometry import Size

from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.tui.frame.list_view import ViewHolder
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.rest import Rest


class ListPreview:
    """The preview of one list."""

    def __init__(
        self,
        body: Container,
        holder: ViewHolder,
        facts: Callable[[datetime], tuple[Fact | FactLine, ...]],
        *,
        rested: Callable[[], None],
    ) -> None:
        """Show `facts` of a time in `body`; `rested` is called once the cursor has stopped
        moving."""
        self._body = body
        self._holder = holder
        self._facts = facts
        self._rest = Rest(body, rested)

    def begin(self) -> None:
        """Show or hide the preview, as saved in the view."""
        self._body.screen.set_class(not self._holder.view.preview, "-no-preview")

    def toggle(self) -> None:
        """Toggle the preview."""
        self._holder.change(preview=not self._holder.view.preview)
        self.begin()

    def show(self, now: datetime) -> None:
        """Show the row under the cursor, unless the preview is hidden."""
        if self._holder.view.preview:
            self._body.query_one(FactSheet).show(self._facts(now))

    @property
    def size(self) -> Size:
        """The columns and rows available for facts."""
        return self._body.query_one(FactSheet).scrollable_content_region.size

    def follow(self) -> None:
        """Update the preview once the cursor has stopped moving."""
        self._rest.moved()
