"""What all questions share: each is answered once, and takes nobody else away.

Textual sets the answer and then takes away whatever screen is on top, which may be another one that
has come meanwhile; the one that was answered stays, and the next answer is one too many.
"""

from typing import Any, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.events import ScreenResume
from textual.screen import ModalScreen

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
    """A question, or something to look at, over a page."""
