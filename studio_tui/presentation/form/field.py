"""The description of one field of a job's form: an entry of the table `FIELDS`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from studio_tui.presentation.form.checks import Check, FormContext
from studio_tui.presentation.form.draft import Draft, FieldValue

Hint = Callable[[Draft, FormContext], tuple[str, ...]]
Value = Callable[[Draft, FormContext], object]


class FieldWidget(Enum):
    """The kind of widget that a field is typed into."""

    LINE = auto()
    PATH = auto()
    """A line that completes paths."""
    TEXT = auto()
    LIST = auto()
    """One entry a line."""
    PATHS = auto()
    """One path a line, completed."""
    FLAG = auto()


class Secret(Enum):
    """The part of a value that is masked in previews, and while the field has no focus."""

    NOTHING = auto()
    VALUES = auto()
    """The part of each line after its first `=`."""
    LOGINS = auto()
    """User and password in URLs."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. Its name in the table is that in the form and, as a rule, in the request."""

    label: str
    meaning: str
    """One sentence."""
    takes: str
    """Allowed input, and the meaning of an empty field; sentences."""
    example: tuple[str, ...] = ()
    """As it is typed, line by line."""
    look: FieldWidget = FieldWidget.LINE
    secret: Secret = Secret.NOTHING
    check: Check = lambda _draft, _context: ()
    hint: str | Hint = ""
    """The text below a field without a problem."""
    explains_value: bool = False
    """Whether the hint explains the present value, and so is shown without the focus too."""
    sent_as: str = ""
    """The name in the request where it is another."""
    value: Value | None = None
    """Returns the value to send; by default the text without blanks around it, `None` if empty."""
    is_sent: bool = True
    """Whether it is part of the request; a file's path, for one, is not."""
    flag: str = ""
    """The option of `datachain job run` that takes the value."""
    no_flag: str = ""
    """Why there is none, for whoever copies the command; `{}` is the value."""
    named: str = ""
    """A regular expression for what server errors call it, beside its name in the request."""

    @property
    def empty(self) -> FieldValue:
        """The value of an empty field."""
        if self.look is FieldWidget.FLAG:
            return False
        return () if self.look in _LISTS else ""

    @property
    def has_lines(self) -> bool:
        """Whether it is typed in several lines."""
        return self.look in _LISTS or self.look is FieldWidget.TEXT


_LISTS = frozenset({FieldWidget.LIST, FieldWidget.PATHS})


def text_in(name: str) -> Value:
    """Send a text as it is typed, with its blanks."""

    def value(draft: Draft, _context: FormContext) -> str | None:
        text = draft.value(name, "")
        return text if text.strip() else None

    return value


def number_in(name: str) -> Value:
    """Send a text as a whole number."""

    def value(draft: Draft, _context: FormContext) -> int | None:
        text = draft.value(name, "")
        return int(text) if text.strip() else None

    return value
