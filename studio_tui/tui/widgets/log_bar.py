"""The bar beside a log: where in its bytes the rows in sight are."""

from textual.scrollbar import ScrollBar

_EIGHTHS = 8
"""Steps of a cell that a bar can show."""


class LogBar(ScrollBar):
    """A scroll bar of bytes that is painted only when it would look another way.

    The bar counts in eighths of a cell: a log that grows by a screenful seldom moves it.
    """

    def __init__(self) -> None:
        super().__init__(vertical=True)
        self._beyond = 0
        """Bytes that are not in sight."""

    def show(self, first: int, last: int, size: int) -> None:
        """Show the bytes from `first` to `last` of `size`."""
        steps = max(1, self.size.height) * _EIGHTHS
        self._beyond = size - (last - first)
        window = steps
        if self._beyond > 0:
            window = min(steps - 1, max(_EIGHTHS, steps * (last - first) // size))
        self.window_virtual_size = steps
        self.window_size = window
        self.position = (steps - window) * first // max(1, self._beyond)

    def byte_at(self, position: float) -> int:
        """Return the first byte in sight when the bar is dragged to `position`."""
        room = max(1, self.window_virtual_size - self.window_size)
        return round(max(0.0, min(1.0, position / room)) * self._beyond)
