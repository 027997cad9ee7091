"""Textual's option lists, with a workaround for a bug: docs/upstream/option-list-paging.md."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.command import CommandList
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import OptionList

_ABOVE, _BELOW = " ↑ more", " ↓ more"


class OptionChoice(OptionList):
    """An option list that can be paged before it has a size, and shows where options are hidden."""

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        width, height = self.scrollable_content_region.size
        hidden_below = self.virtual_size.height - self.scroll_offset.y - height
        if y == height - 1 and hidden_below > 0:
            return _with_word(strip, _BELOW, width)
        if y == 0 and self.scroll_offset.y > 0 and height > 1:
            return _with_word(strip, _ABOVE, width)
        return strip

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        width, height = self.scrollable_content_region.size
        self.refresh(Region(0, 0, width, 1), Region(0, max(0, height - 1), width, 1))

    def action_page_up(self) -> None:
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]
        else:
            self.action_cursor_up()

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
        else:
            self.action_cursor_down()


def _with_word(strip: Strip, word: str, width: int) -> Strip:
    """Return a row of `width` cells that ends with `word`, in the style of its end.

    Text that has no room beside it is cut off with an ellipsis.
    """
    room = width - cell_len(word)
    if room <= 0:
        return strip
    row = strip.adjust_cell_length(width)
    style = next((segment.style for segment in reversed(list(row)) if segment.style), None)
    if row.crop(room - 1).text.strip():
        room, word = room - 1, f"…{word}"
    return Strip([*row.crop(0, room), Segment(word, style)])


class PaletteChoice(CommandList, OptionChoice):
    """The list of the command palette, styled like Textual's own."""
