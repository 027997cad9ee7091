"""Coming back to a log: how it was looked at, and where the reader was."""

from contextlib import suppress

from studio_tui.presentation.logs.search import WantedError
from studio_tui.tui.logs.view.errors import LogErrors
from studio_tui.tui.logs.view.navigation import LogPlaces
from studio_tui.tui.logs.view.place import LogLook, LogPlace


class LogReturning(LogErrors, LogPlaces):
    """The part of the log view that knows the reader's place, and goes there."""

    _sought: LogPlace | None = None
    """Where the reader was, while the log has not come as far."""

    def stay(self) -> None:
        """Seek no place any more, as the reader goes elsewhere."""
        self._sought = None

    @property
    def look(self) -> LogLook:
        """How logs are looked at here."""
        return LogLook(
            wrap=self.pane.wrap,
            numbers=self.pane.numbers,
            stamps=self.stamp_form,
            json_form=self.pane.form.json,
        )

    def look_as(self, look: LogLook) -> None:
        """Look at the log in this way."""
        self.pane.wrap, self.pane.numbers = look.wrap, look.numbers
        self.pane.form = self.pane.form._replace(json=look.json_form)
        self.show_stamps(look.stamps)
        self.settle()

    @property
    def place(self) -> LogPlace:
        """Where the reader is."""
        window = self.pane.window
        return self._sought or LogPlace(
            top=None if self.following or window is None else window.top.start,
            current=self.pane.current,
            kept=tuple(sorted(self.pane.kept)),
            filter=self.filter,
            seen=0 if self.filter else self.lines_seen,
        )

    def return_to(self, place: LogPlace) -> None:
        """Go where the reader was, as soon as the log has come as far, unless they go elsewhere."""
        self._sought = place
        self.following = place.top is None
        self.come_back()
        self.settle()

    def come_back(self) -> None:
        """Go to the place that is sought, if the log has come as far."""
        place, store, window = self._sought, self.store, self.pane.window
        if place is None or store is None or window is None:
            return
        if store.size <= max(place.top or 0, place.current or 0, *place.kept, 0):
            return
        self._sought = None
        self.lines_seen = place.seen
        self.pane.kept = frozenset(store.line_start(start) for start in place.kept)
        if place.filter:
            with suppress(WantedError):
                self.choose(place.filter)
        if place.top is not None:
            window.to(store.line_start(place.top))
        self.pane.current = place.current
