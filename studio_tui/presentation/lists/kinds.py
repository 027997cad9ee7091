"""What the rows of a list are: by what they are known, searched, filtered and sorted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")

NEWEST_FIRST = "age"
"""The order in which Studio gives rows."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """All that a list asks of its rows."""

    noun: str
    """What one is called."""
    key: Callable[[T], str]
    """Its id."""
    made_at: Callable[[T], datetime | None] | None
    """When it was made; `None` where nothing tells, so that a filter cannot ask for its age."""
    haystack: Callable[[T], str]
    """The lower-case text in which the words of a filter are looked for."""
    state: Callable[[T], StrEnum]
    states: type[StrEnum]
    groups: Mapping[str, frozenset[Any]]
    """Words for several states."""
    fields: Mapping[str, Callable[[T], str]]
    """What else a filter can ask for, by the word for it."""
    suggestions: tuple[str, ...]
    """Terms that completion offers."""
    hint: str
    """Examples of terms."""
    sorts: Mapping[str, tuple[str, Callable[[T, datetime], Any]]]
    """Orders by column: what a menu calls them, and the key for a moment."""
    largest_first: frozenset[str]
    """Columns that are sorted from the largest down, unless reversed."""
    is_moving: Callable[[T], bool]
    """Whether its cells change with the second."""
