"""The base of all dialogs: each is answered once, closes only itself, and fits the terminal.

Textual sets the result of a dismissed screen and then closes the top screen. If another screen was
opened meanwhile, Textual would close that screen, and the dialog could be answered a second time.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.widgets import Static

from studio_tui.tui.frame.dialog_box import SHRINKS, DialogBox
from studio_tui.tui.frame.opening import ReadAgain
from studio_tui.tui.sheets import DIALOGS
from studio_tui.tui.widgets.covered_screens import ShowsCoveredScreens
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.toasts import hide_toasts

T = TypeVar("T")


def pager_keys(dialog: str) -> list[BindingType]:
    """Return keys that scroll as in a pager; `dialog` is the prefix of their ids."""
    return [
        Binding("j", "scroll(1)", "down", show=False, id=f"{dialog}.down"),
        Binding("k", "scroll(-1)", "up", show=False, id=f"{dialog}.up"),
        Binding("space", "scroll_pages(1)", "page down", show=False, id=f"{dialog}.page_down"),
        Binding("b", "scroll_pages(-1)", "page up", show=False, id=f"{dialog}.page_up"),
    ]


class AnsweredOnce(Lifetime):
    """Mixin of a screen that is dismissed once; list it before Textual's class."""

    _is_answered = False
    _deferred_result: tuple[Any] | None = None

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Dismiss the screen as soon as no other screen is on top; only the first result counts."""
        if self._is_answered or not self._is_staying:
            return AwaitComplete()
        on_top: object = self.app.screen
        if on_top is not self:
            self._deferred_result = self._deferred_result or (result,)
            return AwaitComplete()
        self._is_answered = True
        dismissed: AwaitComplete = super().dismiss(result)  # type: ignore[misc]
        return dismissed

    def on_screen_resume(self, event: ScreenResume) -> None:  # noqa: ARG002 (Textual's form)
        if self._deferred_result is not None:
            self.dismiss(*self._deferred_result)


class Dialog(AnsweredOnce, ShowsCoveredScreens[T], Generic[T]):
    """A modal question or report over a page: a heading, and a body and answers of the subclass."""

    CSS_PATH = DIALOGS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middling"), (30, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+l", "app.close_notices", "close notices", show=False, id="dialog.close_notices"
        ),
        Binding("ctrl+c", "app.help_quit", "quit", show=False, id="dialog.quit"),
        Binding("ctrl+r,f5", "refresh", "refresh", show=False, id="dialog.refresh"),
        Binding("down", "scroll(1)", "down", show=False, id="dialog.down"),
        Binding("up", "scroll(-1)", "up", show=False, id="dialog.up"),
        Binding("pagedown", "scroll_pages(1)", "page down", show=False, id="dialog.page_down"),
        Binding("pageup", "scroll_pages(-1)", "page up", show=False, id="dialog.page_up"),
        Binding("end", "scroll(1000000)", "last line", show=False, id="dialog.last"),
        Binding("home", "scroll(-1000000)", "first line", show=False, id="dialog.first"),
    ]

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading

    @abstractmethod
    def body(self) -> ComposeResult:
        """Compose the body; widgets of the CSS class `SHRINKS` shrink if the body does not fit."""

    def compose(self) -> ComposeResult:
        with DialogBox():
            yield Static(self._heading, markup=False, classes="question")
            yield from self.body()

    def on_screen_suspend(self) -> None:
        hide_toasts(self)

    def action_refresh(self) -> None:
        """Poll Studio at once; it also starts a local Studio that has stopped."""
        self.post_message(ReadAgain())

    def action_scroll(self, lines: int) -> None:
        for part in self.query(f".{SHRINKS}").results():
            part.scroll_relative(y=lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by pages that overlap by one line."""
        for part in self.query(f".{SHRINKS}").results():
            lines = max(part.scrollable_content_region.height - 1, 1)
            part.scroll_relative(y=pages * lines, animate=False)
