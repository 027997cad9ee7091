"""The description of one field of the job form."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from studio_tui.presentation.form.checks import Check
from studio_tui.presentation.form.draft import Draft, FieldValue, FormContext

Hint = Callable[[Draft, FormContext], tuple[str, ...]]
"""Returns the lines below a field that has no problem."""
Value = Callable[[Draft, FormContext], object]
"""Returns the value of a field in the request; `None` leaves it to Studio."""


class FieldWidget(Enum):
    """What a field is typed into."""

    LINE = auto()
    PATH = auto()
    """A line that completes paths."""
    TEXT = auto()
    LIST = auto()
    """Lines, each of which is an entry."""
    PATHS = auto()
    """Lines, each of which is a path."""
    FLAG = auto()


class MaskedPart(Enum):
    """The part of a value that is masked in previews and left out of saved forms."""

    NONE = auto()
    VALUES = auto()
    """The part of each line after its first `=`."""
    LOGINS = auto()
    """User and password in URLs."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. Its key in `FIELDS` is its name, also in requests if there is no `sent_as`."""

    label: str
    meaning: str
    """What the field is for, in sentences."""
    accepts: str
    """Allowed input, and the meaning of an empty field, in sentences."""
    example: tuple[str, ...] = ()
    """Valid input, line by line."""
    widget: FieldWidget = FieldWidget.LINE
    masked_part: MaskedPart = MaskedPart.NONE
    check: Check = lambda _draft, _context: ()
    hint: str | Hint = ""
    """Shown while the field has the focus.

    The lines of a `Hint` explain the value, so they stay without the focus unless it is empty.
    """
    sent_as: str = ""
    """The name in requests, if it differs from that in the form."""
    value: Value | None = None
    """`None` sends the contents, stripped if they are one line; blank contents are not sent."""
    is_sent: bool = True
    """Whether the value is part of the request, unlike the path of a file."""
    flag: str = ""
    """The flag of `datachain job run` for the value."""
    missing_flag_remark: str = ""
    """The comment in a copied command if there is no flag; `{}` stands for the value."""

    @property
    def empty(self) -> FieldValue:
        if self.widget is FieldWidget.FLAG:
            return False
        return () if self.widget in _LISTS else ""

    @property
    def has_lines(self) -> bool:
        """Whether the field can have several lines."""
        return self.widget in _LISTS or self.widget is FieldWidget.TEXT


_LISTS = frozenset({FieldWidget.LIST, FieldWidget.PATHS})


def number_in(name: str) -> Value:
    """Return a function that parses a field as a whole number; it returns `None` for no text."""

    def value(draft: Draft, _context: FormContext) -> int | None:
        text = draft.value(name, "")
        return int(text) if text.strip() else None

    return value
