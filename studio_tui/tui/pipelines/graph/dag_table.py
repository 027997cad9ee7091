"""The list under the tree, the timeline and the table of a pipeline."""

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
    """A table that becomes another at once, and whose sideways keys are the screen's."""

    @dataclass
    class Resized(Message):
        """The table has another size than before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in BigTable.BINDINGS
        if isinstance(binding, Binding) and binding.id not in _SIDEWAYS
    ]

    def show_as(
        self, columns: tuple[Column, ...], sorting: Sorting | None, keys: Sequence[str]
    ) -> None:
        """Show these rows under these columns, without painting the old ones under them."""
        if columns != self.columns or sorting != self.sorting:
            self.set_reactive(BigTable.columns, columns)
            self.set_reactive(BigTable.sorting, sorting)
            self._painter = None
        self.show(keys)

    @property
    def room(self) -> int:
        """Cells for all columns and what is between them."""
        return (self.scrollable_content_region.width or self.screen.size.width - 1) - GUTTER

    def on_resize(self) -> None:
        """Tell it; what `BigTable` does about it, it does too."""
        self.post_message(self.Resized())

    @property
    def shows_cursor(self) -> bool:
        """Whether the row under the cursor is in sight."""
        return self.top <= self._cursor < self.top + self._rows_in_sight

    def reveal(self) -> None:
        """Scroll as little as brings the row under the cursor in sight."""
        if self._rows_in_sight:
            self._go(self._reveal(self._cursor))

    def look_from(self, top: int) -> None:
        """Put a row at the top, as far as the rows reach."""
        self.scroll_to(y=min(top, self.max_scroll_y), animate=False, force=True)

    def centre(self) -> None:
        """Bring the row under the cursor into the middle, as far as the rows reach."""
        self.look_from(max(0, self._cursor - self._rows_in_sight // 2))
