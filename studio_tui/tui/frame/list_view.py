"""The state of a list that the dashboard restores on the next run."""

import json
import logging
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from studio_tui.files import read_json
from studio_tui.presentation.lists.filter_terms import FilterError, Terms
from studio_tui.presentation.lists.kinds import AS_SENT, Kind

_LIMITS = {"loaded": 1_000_000, "line": 10_000, "sideways": 10_000}
"""The largest valid values of fields."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListView:
    """The user's place in a list, and the settings of the list."""

    filter: str = ""
    sort: str = AS_SENT
    """A key of `Kind.sorts`."""
    reverse: bool = False
    preview: bool = True
    wide: bool = False
    """See `BigTable.wide`."""
    group: str = "none"
    loaded: int = 0
    """How many of the newest rows the next run requests; 0 for the usual number."""
    recorded: bool = False
    """Whether the cursor is on a recorded row, which the next run then loads."""
    cursor: str | None = None
    """Id of the row under the cursor."""
    marks: tuple[str, ...] = ()
    """Ids in the order in which they were marked."""
    opened: tuple[str, ...] = ()
    """Keys of the unfolded groups."""
    line: int = 0
    """Line of the cursor, 0 for the first visible row."""
    newest: str = ""
    """Id of the newest row that has been visible, if the newest rows come first; else empty."""
    sideways: int = 0
    """Cells scrolled out of sight on the left."""
    contents: tuple[int, ...] = ()
    """See `TableDrawing.contents`."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with changed fields."""
        return replace(self, **changes)


class ViewHolder:
    """The current view of a list, shared by its parts."""

    def __init__(self, view: ListView) -> None:
        self.view = view

    def change(self, **changes: Any) -> None:
        """Replace the view by a copy with changed fields, if any differs."""
        if any(getattr(self.view, name) != value for name, value in changes.items()):
            self.view = self.view.replace(**changes)


def load_view(path: Path, kind: Kind[Any]) -> ListView:
    """Return the saved view of a list; the default if the file is missing or invalid.

    A filter with an error makes the file invalid. Any other field with an invalid value gets its
    default.
    """
    try:
        saved = read_json(path)
        types: dict[str, Any] = {field.name: type(field.default) for field in fields(ListView)}
        types["cursor"] = str  # its default is None
        # JSON has no tuples, so the fields that are tuples do not pass here.
        scalars = {
            name: value
            for name, value in saved.items()
            if name in types and isinstance(value, types[name])
        }
        view = ListView(
            **scalars,
            marks=_valid_keys(saved.get("marks")),
            opened=_valid_keys(saved.get("opened")),
            contents=_valid_widths(saved.get("contents")),
        )
        Terms(view.filter, kind)  # raises an error if the filter is invalid
    except FileNotFoundError:
        return ListView()
    except (OSError, ValueError, TypeError, AttributeError, FilterError) as error:
        logger.warning("The remembered view could not be read: %s", error)
        return ListView()
    wrong = {name: 0 for name, most in _LIMITS.items() if not 0 <= getattr(view, name) <= most}
    sort = view.sort if view.sort in kind.sorts else AS_SENT
    return view.replace(**wrong, sort=sort)


@lru_cache(maxsize=8)
def view_text(view: ListView) -> str:
    """Return a view as text for `load_view`; cached, as it is called every few seconds."""
    return json.dumps(asdict(view))


def _valid_keys(value: object) -> tuple[str, ...]:
    return tuple(key for key in value if isinstance(key, str)) if isinstance(value, list) else ()


def _valid_widths(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(each) is int and each >= 0 for each in value):
        return ()
    return tuple(value)
