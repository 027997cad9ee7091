"""What all questions share: each is answered once, takes nobody else away, and fits the terminal.

Textual sets the answer and then takes away whatever screen is on top, which may be another one that
has come meanwhile; the one that was answered stays, and the next answer is one too many.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.screen import ModalScreen
from textual.widgets import Static

from studio_tui.tui.frame.dialog_box import MIDDLE, DialogBox
from studio_tui.tui.sheets import DIALOGS
from studio_tui.tui.widgets.lifetime import Lifetime

T = TypeVar("T")


class AnsweredOnce(Lifetime):
    """Mixin of a screen that is dismissed; it stands before Textual's class among the bases."""

    _is_answered = False
    _later: tuple[Any] | None = None
    """The answer that was given while another screen was over it."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Answer and go, as soon as no other screen is on top; the first answer counts."""
        if self._is_answered or not self._is_to_stay:
            return AwaitComplete()
        on_top: object = self.app.screen
        if on_top is not self:
            self._later = self._later or (result,)
            return AwaitComplete()
        self._is_answered = True
        dismissed: AwaitComplete = super().dismiss(result)  # type: ignore[misc]
        return dismissed

    def on_screen_resume(self, event: ScreenResume) -> None:  # noqa: ARG002 (Textual's form)
        """Give the answer that had to wait."""
        if self._later is not None:
            self.dismiss(*self._later)


class Dialog(AnsweredOnce, ModalScreen[T], Generic[T]):
    """A question, or something to look at, over a page: a title, a middle that scrolls, answers."""

    CSS_PATH = DIALOGS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middling"), (30, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll(1)", "down", show=False, id="dialog.down"),
        Binding("up", "scroll(-1)", "up", show=False, id="dialog.up"),
        Binding("pagedown", "scroll_pages(1)", "page down", show=False, id="dialog.page_down"),
        Binding("pageup", "scroll_pages(-1)", "page up", show=False, id="dialog.page_up"),
        Binding("end", "scroll(1000000)", "last line", show=False, id="dialog.last"),
        Binding("home", "scroll(-1000000)", "first line", show=False, id="dialog.first"),
    ]

    title_id: str | None = None
    """The id of the title's widget, where the title changes."""

    @abstractmethod
    def heading(self) -> str:
        """Return the title, safe text."""

    @abstractmethod
    def body(self) -> ComposeResult:
        """Compose what stands below the title; what is of the class `MIDDLE` gives way."""

    def compose(self) -> ComposeResult:
        """Compose the title and what is below it."""
        with DialogBox():
            yield Static(self.heading(), markup=False, id=self.title_id, classes="question")
            yield from self.body()

    def action_scroll(self, lines: int) -> None:
        """Go through what there is to read."""
        for middle in self.query(f".{MIDDLE}").results():
            middle.scroll_relative(y=lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Go through what there is to read, by as much as is in sight but a line."""
        for middle in self.query(f".{MIDDLE}").results():
            lines = max(middle.scrollable_content_region.height - 1, 1)
            middle.scroll_relative(y=pages * lines, animate=False)
