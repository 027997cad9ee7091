"""What the dashboard remembers of the user's place, from one run to the next."""

import json
import logging
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from studio_tui.files import read_json
from studio_tui.presentation.lists.filter_terms import FilterError, Terms
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind

MOST_LOADED = 1_000_000
"""Rows beyond which nobody has loaded any."""

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
            marks=tuple(mark for mark in found.get("marks", ()) if isinstance(mark, str)),
        )
        Terms(view.filter, kind)
    except FileNotFoundError:
        return ListView()
    except (OSError, ValueError, TypeError, AttributeError, FilterError) as error:
        logger.warning("The remembered view could not be read: %s", error)
        return ListView()
    if not 0 <= view.loaded <= MOST_LOADED:
        view = view.replace(loaded=0)
    return view if view.sort in kind.sorts else view.replace(sort=NEWEST_FIRST)


def save_view(path: Path, view: ListView) -> None:
    """Remember `view`; a disk that takes no file costs the place, not the program."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(view)), "utf-8")
        os.replace(fresh, path)  # noqa: PTH105 (atomic, and that is the point)
    except OSError as error:
        logger.warning("The view could not be remembered: %s", error)
