"""Textual's option lists, with a workaround for a bug in paging.

The bug report:

    Title: OptionList raises KeyError on page up or page down before it has a size

    Versions: Textual 8.2.8, Python 3.11.

    What happens: `action_page_down` and `action_page_up` of an OptionList that has options and a
    highlight, but no room yet or none at all (just mounted, or `display` is off), raise
    `KeyError: 2`, or whichever option is highlighted. The app ends. In the command palette it
    takes two keys: ctrl+p, and page down before the list is laid out.

    How to reproduce:

        from textual.app import App
        from textual.widgets import OptionList

        class Paging(App):
            def compose(self):
                yield OptionList("one", "two", "three")

            def on_mount(self):
                options = self.query_one(OptionList)
                options.display = False
                options.highlighted = 2
                options.action_page_down()

        Paging().run()

    Cause: `OptionList._move_page` looks the highlighted option up in `_index_to_line`, which
    `_update_lines` leaves empty as long as `scrollable_content_region` is empty. The clamp after
    it would also be made with `len(self._lines) - 1`, which is -1 then.

    Suggested fix: in `_move_page`, when `self._lines` is empty, move by one option as
    `action_cursor_down` and `action_cursor_up` do, or return.
"""

from textual.command import CommandList
from textual.widgets import OptionList


class OptionChoice(OptionList):
    """An option list that can be paged before it has a size."""

    def action_page_up(self) -> None:
        """Move up by a page, or by one option while the list has no size."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]
        else:
            self.action_cursor_up()

    def action_page_down(self) -> None:
        """Move down by a page, or by one option while the list has no size."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
        else:
            self.action_cursor_down()


class PaletteChoice(CommandList, OptionChoice):
    """The list of the command palette, styled like Textual's own."""
