"""What the dashboard remembers of the user's place, from one run to the next."""

import json
import logging
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from studio_tui.files import read_json
from studio_tui.presentation.lists.filter_terms import FilterError, Terms
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind
from studio_tui.tui.frame.remembered import keep

MOST_LOADED = 1_000_000
"""Rows beyond which nobody has loaded any."""

MOST_LINES = 10_000
"""Lines that no terminal has."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListView:
    """Where the user was in a list."""

    filter: str = ""
    sort: str = NEWEST_FIRST
    reverse: bool = False
    preview: bool = True
    wide: bool = False
    group: str = "none"
    """By what rows stand together; a word of the list's own."""
    loaded: int = 0
    """Newest rows that the next run asks for, to have as many; 0 where no more than usual."""
    cursor: str | None = None
    """Id of the row under the cursor."""
    marks: tuple[str, ...] = ()
    """Ids of the marked rows, in the order in which they were marked."""
    opened: tuple[str, ...] = ()
    """Keys of the groups that are unfolded."""
    line: int = 0
    """On which line of those in sight the cursor is."""

    def replace(self, **changes: Any) -> Self:
        """Return the view with some things changed."""
        return replace(self, **changes)


class ViewHolder:
    """The view of a list as the user changes it; the parts of the list share it."""

    def __init__(self, view: ListView) -> None:
        self.view = view

    def change(self, **changes: Any) -> None:
        """Put another view in place of this one, with some things changed."""
        self.view = self.view.replace(**changes)


def load_view(path: Path, kind: Kind[Any]) -> ListView:
    """Return the remembered view of a list; a fresh one when there is none that can be read."""
    try:
        found = read_json(path)
        kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(ListView)} | {
            "cursor": str
        }
        view = ListView(
            **{
                name: value
                for name, value in found.items()
                if name in kinds and isinstance(value, kinds[name])
            },
            marks=_keys(found.get("marks")),
            opened=_keys(found.get("opened")),
        )
        Terms(view.filter, kind)
    except FileNotFoundError:
        return ListView()
    except (OSError, ValueError, TypeError, AttributeError, FilterError) as error:
        logger.warning("The remembered view could not be read: %s", error)
        return ListView()
    if not 0 <= view.line <= MOST_LINES:
        view = view.replace(line=0)
    if not 0 <= view.loaded <= MOST_LOADED:
        view = view.replace(loaded=0)
    return view if view.sort in kind.sorts else view.replace(sort=NEWEST_FIRST)


def save_view(path: Path, view: ListView) -> None:
    """Remember `view`."""
    keep(path, view_text(view))


def view_text(view: ListView) -> str:
    """Return what `load_view` reads."""
    return json.dumps(asdict(view))


def _keys(value: object) -> tuple[str, ...]:
    return tuple(key for key in value if isinstance(key, str)) if isinstance(value, list) else ()
