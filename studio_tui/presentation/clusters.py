"""Clusters as rows."""

from studio_tui.api.models import Cluster
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import UNKNOWN

COLUMNS = ("status", "name", "default", "busy", "workers", "provider", "region", "size", "id")
"""Keys of the columns, in the order of the cells."""

_LOOKS = {
    "ACTIVE": ("●", Tone.GOOD),
    "MODIFYING": ("◐", Tone.ACTIVE),
    "INACTIVE": ("○", Tone.DIM),
    "FAILED": ("✗", Tone.BAD),
}


def cells(cluster: Cluster) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    return (
        _status(cluster),
        Cell(cluster.name, Tone.STRONG) if cluster.name else Cell("(no name)", Tone.DIM),
        Cell("default", Tone.ACCENT) if cluster.default else Cell(""),
        _known(cluster.busy_workers),
        _known(cluster.max_workers),
        _known(cluster.cloud_provider),
        _known(cluster.cloud_region),
        _known(cluster.instance_type or cluster.compute_class),
        Cell(cluster.id, Tone.DIM),
    )


def _status(cluster: Cluster) -> Cell:
    word = cluster.status
    if word is None:
        # Older servers send only whether it is active.
        if cluster.is_active is None:
            return Cell(f"? {UNKNOWN}", Tone.WARN)
        word = "ACTIVE" if cluster.is_active else "INACTIVE"
    glyph, tone = _LOOKS.get(word, ("?", Tone.WARN))
    return Cell(f"{glyph} {word}", tone)


def _known(value: object) -> Cell:
    return Cell(UNKNOWN, Tone.DIM) if value is None or value == "" else Cell(str(value))
