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
    """One field; its key in `FIELDS` is its name in the form, and in requests unless `sent_as`."""

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
    """One that depends on the form explains the current value, and is shown without the focus."""
    sent_as: str = ""
    """The name in the request, if it is another one."""
    value: Value | None = None
    """By default, the contents, of a line without outer blanks; `None` if they are empty."""
    is_sent: bool = True
    """Whether the value is part of the request, unlike the path of a file."""
    flag: str = ""
    """The flag of `datachain job run` for the value."""
    missing_flag_remark: str = ""
    """The comment in a copied command that the value has no flag; `{}` stands for the value."""

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
    """Return a function for the text of a field as a whole number; `None` if it is empty."""

    def value(draft: Draft, _context: FormContext) -> int | None:
        text = draft.value(name, "")
        return int(text) if text.strip() else None

    return value
