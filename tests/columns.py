"""Reading rows of tables by their columns."""

from collections.abc import Sequence
from typing import TypeVar

from studio_tui.presentation.columns import Column

AnyCell = TypeVar("AnyCell")


def by_key(columns: Sequence[Column], cells: Sequence[AnyCell]) -> dict[str, AnyCell]:
    """Return the cells of a row by column key."""
    return {column.key: cell for column, cell in zip(columns, cells, strict=True)}
