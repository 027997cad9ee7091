"""Dialogs over a page: a confirmation, a choice from a list, and a line of text."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from studio_tui.addresses import Address, address
from studio_tui.presentation.cells import Cell
from studio_tui.text import safe_line
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import SHRINKS, DialogBody, DialogLines
from studio_tui.tui.frame.review import NO, Review
from studio_tui.tui.widgets.option_lists import OptionChoice


class Confirm(Review):
    """Asks for confirmation; the answer is `y` for yes, else `None`."""

    def __init__(
        self,
        question: str,
        details: Sequence[str],
        *,
        yes: str,
        no: str,
        default_yes: bool = False,
    ) -> None:
        """Make a dialog from safe texts; No has the focus unless `default_yes`."""
        answers = (("y", yes), (NO, no))
        default = "y" if default_yes else NO
        super().__init__(question, [Cell(line) for line in details], answers, default=default)


def confirm_fetch(host: str) -> Confirm:
    """Return the question before an archived log is fetched from a host other than Studio's."""
    return Confirm(
        "Fetch the log from its archive?",
        (
            "This job's log is archived on another host than Studio's:",
            "",
            f"  {safe_line(host)}",
            "",
            "It is fetched without your token. You are asked once per host.",
        ),
        yes="Fetch it",
        no="Don't",
    )


def confirm_open(page: Address, own: str) -> Confirm:
    """Return the question whether to open a page on another origin than `own`, or with a login."""
    studio = address(own)
    login = ("", "It contains a user name or a password.") if page.has_user else ()
    if page.origin == own:
        question, what = "Open an address with a login?", "Studio sent an address of its own:"
    elif studio is not None and page.host == studio.host:
        question = "Open a page that is not Studio's?"
        what = "Studio sent an address on its own host, with another scheme or port:"
    else:
        question = "Open a page that is not Studio's?"
        what = "Studio sent the address of a page on another host:"
    return Confirm(
        question, (what, "", f"  {safe_line(page.origin)}", *login), yes="Open it", no="Don't"
    )


def confirm_sending_again(noun: str, details: Sequence[str]) -> Confirm:
    """Return the question whether to repeat the creation of a `noun` of unknown outcome."""
    return Confirm(
        f"It is unknown whether this {noun} was created. Send it again?",
        (
            *details,
            "",
            "Studio is searched for it once more before it is sent again.",
            "Both requests have the same idempotency key.",
            "A Studio that ignores this key may create two if the first request is very late.",
        ),
        yes="Send it again",
        no="Don't",
    )


_SHORT = 36
"""If a choice has more characters than this, the dialog is wide."""


class Choose(Dialog[str | None]):
    """Offers a list of choices; the answer is the id of the choice, `None` if canceled."""

    KEYS = "enter chooses, esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "close", id="choose.close"),
        Binding("j", "down", "down", show=False, id="choose.down"),
        Binding("k", "up", "up", show=False, id="choose.up"),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], current: str) -> None:
        """Make a dialog from pairs of an id and a safe text; `current` is an id."""
        super().__init__(title)
        self._choices = choices
        self.set_class(any(len(text) > _SHORT for _, text in choices), "-wide")
        self._current = current

    def body(self) -> ComposeResult:
        yield OptionChoice(
            *(Option(text, id=choice_id) for choice_id, text in self._choices),
            markup=False,
            compact=True,
            classes=SHRINKS,
        )
        yield Static(self.KEYS, markup=False, classes="keys")

    def on_mount(self) -> None:
        ids = [choice_id for choice_id, _ in self._choices]
        options = self.query_one(OptionList)
        options.highlighted = ids.index(self._current) if self._current in ids else 0

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()


class Ask(Dialog[str | None]):
    """Asks for a line of text that is not blank; the answer is stripped, `None` if canceled."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", id="ask.close"),
    ]

    def __init__(self, question: str, details: Sequence[str], value: str = "") -> None:
        """Make a dialog from safe text; `value` is the initial input."""
        super().__init__(question)
        self._details = details
        self._value = value

    def body(self) -> ComposeResult:
        yield DialogBody(DialogLines("\n".join(self._details)))
        yield Input(self._value, compact=True)
        yield Static("enter saves it, esc closes", markup=False, classes="keys")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if text := event.value.strip():
            self.dismiss(text)
