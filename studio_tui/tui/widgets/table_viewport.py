"""The visible part of a table: moves the cursor, and scrolls no further than needed."""

from collections.abc import Sequence

from studio_tui.tui.widgets.line_view import LineView
from studio_tui.tui.widgets.table_cursor import Place, TableCursor
from studio_tui.tui.widgets.table_drawing import HEADER


class TableViewport:
    """Scrolls the view of a table so that the cursor is visible."""

    def __init__(self, view: LineView, cursor: TableCursor) -> None:
        self._view = view
        self._cursor = cursor
        self._rows_before = 0
        """`rows` at the last `resized`; 0 before the first."""

    @property
    def rows(self) -> int:
        """How many rows fit below the header."""
        return max(0, self._view.scrollable_content_region.height - HEADER)

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the rows in sight."""
        return self._cursor.keys[self._view.top : self._view.top + self.rows]

    @property
    def line(self) -> int:
        """Index of the cursor's row among the rows in sight; 0 if the row is not visible."""
        return self._cursor.index - self._view.top if self.has_cursor else 0

    @property
    def has_cursor(self) -> bool:
        """Whether the row under the cursor is in sight."""
        return 0 <= self._cursor.index - self._view.top < self.rows

    def walk_to(self, index: int) -> None:
        """Move the cursor to the row nearest to `index`, as the user's choice, and reveal it."""
        self._choose(self._place_with_visible(self._cursor.nearest_index(index)))

    def leap(self, rows: int) -> None:
        """Move the cursor, as the user's choice, and the view by a number of rows."""
        cursor = self._cursor.nearest_index(self._cursor.index + rows)
        last_top = max(0, len(self._cursor.keys) - self.rows)
        self._choose(Place(cursor, max(0, min(self._view.top + rows, last_top))))

    def reveal(self) -> None:
        """Scroll as little as needed to make the row under the cursor visible."""
        self.go(self._place_with_visible(self._cursor.index))

    def resized(self) -> None:
        """Keep the cursor visible if it was visible before the height changed.

        Until the user moves the cursor, the row of `begin_at` is put on its line again instead.
        """
        line = self._cursor.index - self._view.top
        was_in_sight = 0 <= line < (self._rows_before or len(self._cursor.keys))
        self._rows_before = self.rows
        if (place := self._cursor.place_to_restore(self.rows)) is not None:
            self.go(place)
        elif was_in_sight:
            self.reveal()

    def go(self, place: Place) -> None:
        """Put cursor and view at a place; the view stays if it has no height yet."""
        self._cursor.index = place.cursor
        top = self._view.top
        if place.top != top and self.rows:
            self._view.scroll_to(y=place.top, animate=False, force=True)
        if self._view.top == top:  # otherwise scrolling has repainted the view
            self._view.repaint()

    def _choose(self, place: Place) -> None:
        self._cursor.choose(place)
        self.go(place)

    def _place_with_visible(self, index: int) -> Place:
        lowest_top = index - max(1, self.rows) + 1
        return Place(index, min(index, max(self._view.top, lowest_top)))
