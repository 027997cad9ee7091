"""Garbage collection, which is off until the first paint, as imports leave hardly any garbage."""

import gc

COLLECTION_THRESHOLD = 10_000
"""New objects after which a collection starts; most are freed without one."""


def collect_garbage() -> None:
    """Switch garbage collection on, and exempt all objects that exist now."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(COLLECTION_THRESHOLD, *gc.get_threshold()[1:])
        gc.enable()
