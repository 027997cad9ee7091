"""Garbage collection, which is off until the first paint, as imports leave hardly any garbage."""

import gc

COLLECTION_THRESHOLD = 10_000
"""Number of new objects after which a collection starts.

More than Python's default, as most objects are freed without a collection.
"""


def collect_garbage() -> None:
    """Switch garbage collection on, and exempt all objects that exist now."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(COLLECTION_THRESHOLD, *gc.get_threshold()[1:])
        gc.enable()
