"""A line with parts at its left and right: the header, the tabs or the footer."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from studio_tui.presentation.cells import Tone
from studio_tui.tui.placed_styles import resolved_once


class Part(NamedTuple):
    """A piece of a bar."""

    text: str
    """Safe to draw."""
    look: str = Tone.PLAIN
    """A `Tone`, or a component class of `Bar` without `bar--`."""
    action: str | None = None
    """Posted as `Bar.Clicked` when the part is clicked."""
    optional: bool = False
    """Whether the part is left out if the left parts of a bar that `cuts` do not fit."""


def fitting_keys(parts: Sequence[Part], room: int) -> tuple[Part, ...]:
    """Return as many of the first parts as fit in `room` cells, each key with its whole label."""
    key_indices = [index for index, part in enumerate(parts) if part.look == "key"]
    for end in (len(parts), *reversed(key_indices)):
        if cell_len("".join(part.text for part in parts[:end]).rstrip()) <= room:
            return tuple(parts[:end])
    return ()


def fitting_parts(parts: Sequence[Part], room: int) -> tuple[Part, ...]:
    """Return the parts; if they do not fit in `room` cells, those that are not optional."""
    is_fitting = cell_len("".join(part.text for part in parts).rstrip()) <= room
    return tuple(part for part in parts if is_fitting or not part.optional)


class Bar(Widget):
    """Draws the right parts in full, and as much of the left parts as fits beside them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"bar--{tone}" for tone in Tone),
        "bar--title",
        "bar--key",
        "bar--current",
        "bar--rule",
    }

    left: reactive[tuple[Part, ...]] = reactive(())
    right: reactive[tuple[Part, ...]] = reactive(())

    class Clicked(Message):
        """A part with an action was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 (as Textual calls it)
        filler: str = " ",
        cuts: bool = True,
    ) -> None:
        """Make a bar without parts, with `filler` repeated between left and right.

        If the left parts do not fit, a bar that `cuts` leaves out the optional ones, and cuts the
        rest with an ellipsis. Any other bar leaves out the last keys with their labels.
        """
        super().__init__(id=id)
        self.auto_links = False  # there are none, and searching costs time at every paint
        self._filler = filler
        self._cuts = cuts

    def render(self) -> Content:
        right = self._content(self.right)
        room = self._room(right.cell_length)
        left = self._content(self._shown_left(room))
        if left.cell_length > room:
            # Blanks that do not fit need no ellipsis.
            left = left.rstrip().truncate(room, ellipsis=True)
        blank = self.size.width - left.cell_length - right.cell_length
        rule = Content.styled(self._filler * max(0, blank), self._style("rule"))
        return Content.assemble(left, rule, right)

    def on_click(self, event: events.Click) -> None:
        right_width = sum(cell_len(part.text) for part in self.right)
        right_start = self.size.width - right_width
        if event.x >= right_start:
            parts, x = self.right, event.x - right_start
        else:
            parts, x = self._shown_left(self._room(right_width)), event.x
        for part in parts:
            x -= cell_len(part.text)
            if x < 0:
                if part.action:
                    event.stop()
                    self.post_message(self.Clicked(part.action))
                return

    def _room(self, right_width: int) -> int:
        return max(0, self.size.width - right_width - (1 if self.right else 0))

    def _shown_left(self, room: int) -> tuple[Part, ...]:
        return fitting_parts(self.left, room) if self._cuts else fitting_keys(self.left, room)

    def _content(self, parts: tuple[Part, ...]) -> Content:
        return Content.assemble(*((part.text, self._style(part.look)) for part in parts))

    def _style(self, look: str) -> Style:
        return resolved_once(self, look, lambda: self._resolve(f"bar--{look}"))

    def _resolve(self, component: str) -> Style:
        style = self.get_visual_style(component)
        # `get_visual_style` drops reverse, which is the only highlight without color.
        is_reverse = self.get_component_styles(component).text_style.reverse
        return style + Style(reverse=True) if self.app.no_color and is_reverse else style
