"""The state of a list that the dashboard restores on the next run."""

import json
import logging
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from studio_tui.files import read_json
from studio_tui.presentation.lists.filter_terms import FilterError, Terms
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind

MOST_LOADED = 1_000_000
"""Upper limit of `loaded`; a larger value is invalid."""

MOST_LINES = 10_000
"""Upper limit of `line`; a larger value is invalid."""

MOST_SIDEWAYS = 10_000
"""Upper limit of `sideways`; a larger value is invalid."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListView:
    """The user's place in a list, and its settings."""

    filter: str = ""
    sort: str = NEWEST_FIRST
    reverse: bool = False
    preview: bool = True
    wide: bool = False
    group: str = "none"
    """How rows are grouped; a name defined by the list."""
    loaded: int = 0
    """How many of the newest rows the next run requests; 0 for the usual number."""
    recorded: bool = False
    """Whether the cursor is on a row that Studio no longer lists, so that such rows are needed."""
    cursor: str | None = None
    """Id of the row under the cursor."""
    marks: tuple[str, ...] = ()
    """Ids of the marked rows, in the order in which they were marked."""
    opened: tuple[str, ...] = ()
    """Keys of the expanded groups."""
    line: int = 0
    """The cursor's line, counted from the first visible one."""
    sideways: int = 0
    """How many terminal columns of the table are scrolled out of sight on the left."""
    contents: tuple[int, ...] = ()
    """The widths of the contents of columns, see `ColumnMemory`."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with changed fields."""
        return replace(self, **changes)


class ViewHolder:
    """The current view of a list, shared by the parts of the list."""

    def __init__(self, view: ListView) -> None:
        self.view = view

    def change(self, **changes: Any) -> None:
        """Replace the view by a copy with changed fields; keep it if none differs."""
        if any(getattr(self.view, name) != value for name, value in changes.items()):
            self.view = self.view.replace(**changes)


def load_view(path: Path, kind: Kind[Any]) -> ListView:
    """Return the saved view of a list; the default view if none can be read."""
    try:
        saved = read_json(path)
        kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(ListView)} | {
            "cursor": str
        }
        view = ListView(
            **{
                name: value
                for name, value in saved.items()
                if name in kinds and isinstance(value, kinds[name])
            },
            marks=_keys(saved.get("marks")),
            opened=_keys(saved.get("opened")),
            contents=_widths(saved.get("contents")),
        )
        Terms(view.filter, kind)
    except FileNotFoundError:
        return ListView()
    except (OSError, ValueError, TypeError, AttributeError, FilterError) as error:
        logger.warning("The remembered view could not be read: %s", error)
        return ListView()
    if not 0 <= view.line <= MOST_LINES:
        view = view.replace(line=0)
    if not 0 <= view.sideways <= MOST_SIDEWAYS:
        view = view.replace(sideways=0)
    if not 0 <= view.loaded <= MOST_LOADED:
        view = view.replace(loaded=0)
    return view if view.sort in kind.sorts else view.replace(sort=NEWEST_FIRST)


@lru_cache(maxsize=8)
def view_text(view: ListView) -> str:
    """Return `view` as text for `load_view`; asked for each second, mostly of an unchanged view."""
    return json.dumps(asdict(view))


def _keys(value: object) -> tuple[str, ...]:
    return tuple(key for key in value if isinstance(key, str)) if isinstance(value, list) else ()


def _widths(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(each) is int and each >= 0 for each in value):
        return ()
    return tuple(value)
