"""The state of a list that the dashboard restores on the next run."""

import logging
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeInt,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT, Kind
from studio_tui.tui.frame.remembered import Remembered

_ANY_LIST = Field(strict=False)
"""Accepts a list for a tuple, as JSON has no tuples."""

_Keys = Annotated[tuple[str, ...], _ANY_LIST]

logger = logging.getLogger(__name__)


class ListView(Remembered):
    """The user's place in a list, and the settings of the list."""

    model_config = ConfigDict(frozen=True, strict=True)

    filter: str = ""
    sort: str = AS_SENT
    """A key of `Kind.sorts`."""
    reverse: bool = False
    preview: bool = True
    wide: bool = False
    """See `BigTable.wide`."""
    group: str = "none"
    """In the list of jobs, a `JobGrouping`."""
    loaded: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many of the newest rows the next run requests; 0 for the usual number."""
    recorded: bool = False
    """Whether the cursor is on a recorded row, which the next run then loads."""
    cursor: str | None = None
    """Id of the row under the cursor."""
    marks: _Keys = ()
    """Ids in the order in which they were marked."""
    opened: _Keys = ()
    """Keys of the unfolded groups."""
    line: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Line of the cursor, 0 for the first visible row."""
    newest: str = ""
    """Id of the newest row that has been visible, if the newest rows come first; else empty."""
    sideways: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Cells scrolled out of sight on the left."""
    contents: Annotated[tuple[NonNegativeInt, ...], _ANY_LIST] = ()
    """See `TableDrawing.contents`."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _default_if_wrong(
        cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        try:
            return read(value)
        except ValidationError:
            return cls.model_fields[info.field_name or ""].default

    def replace(self, **changes: Any) -> Self:
        """Return a copy with changed fields, or this view if none differs."""
        if all(getattr(self, name) == value for name, value in changes.items()):
            return self
        return self.model_copy(update=changes)


def load_view(path: Path, kind: Kind[Any]) -> ListView:
    """Return the saved view of a list; the default if the file or its filter is invalid.

    Any other field with an invalid value gets its default.
    """
    view = ListView.load(path)
    if problem := Terms(view.filter, kind).problem:
        logger.warning("The remembered filter could not be read: %s", problem)
        return ListView()
    return view if view.sort in kind.sorts else view.replace(sort=AS_SENT)
