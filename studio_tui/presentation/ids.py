"""Display of full ids."""

from studio_tui.api.ids import NO_ID, can_be_used
from studio_tui.presentation.cells import Cell, Tone


def id_cell(identifier: str) -> Cell:
    """Return a cell with an id, or an explanation if it is unusable."""
    return Cell(identifier) if can_be_used(identifier) else Cell(f"✗ {NO_ID}", Tone.WARN)
