"""The table for the tree, timeline and table modes of a pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from studio_tui.presentation.columns import Column
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_painter import GUTTER, Sorting

_SIDEWAYS = {"table.left", "table.right"}


class DagTable(BigTable, inherit_bindings=False):
    """A table whose columns can be replaced, and that leaves the sideways keys to the screen."""

    @dataclass
    class Resized(Message):
        """The size of the table has changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in BigTable.BINDINGS
        if isinstance(binding, Binding) and binding.id not in _SIDEWAYS
    ]

    def show_as(
        self, columns: tuple[Column, ...], sorting: Sorting | None, keys: Sequence[str]
    ) -> None:
        """Replace columns and rows together, without painting the old rows in between."""
        if columns != self.columns or sorting != self.sorting:
            self.set_reactive(BigTable.columns, columns)
            self.set_reactive(BigTable.sorting, sorting)
            self._drawing.forget_layout()
        self.show(keys)

    @property
    def room(self) -> int:
        """Width available for all columns and their gaps, in cells."""
        return (self.scrollable_content_region.width or self.screen.size.width - 1) - GUTTER

    def on_resize(self) -> None:
        """Post `Resized`, in addition to the handler of `BigTable`."""
        self.post_message(self.Resized())

    @property
    def shows_cursor(self) -> bool:
        """Whether the row under the cursor is visible."""
        return self._viewport.has_cursor

    def reveal(self) -> None:
        """Scroll as little as needed to make the row under the cursor visible."""
        if self._viewport.rows:
            self._viewport.reveal()

    def look_from(self, top: int) -> None:
        """Scroll a row to the top, as far as possible."""
        self.scroll_to(y=min(top, self.max_scroll_y), animate=False, force=True)

    def centre(self) -> None:
        """Scroll the row under the cursor to the middle, as far as possible."""
        self.look_from(max(0, self._cursor.index - self._viewport.rows // 2))
