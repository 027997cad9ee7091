"""Garbage collection, which is off until the first paint: imports leave hardly any."""

import gc

COLLECTION_THRESHOLD = 10_000
"""Number of new objects that starts a collection, instead of 700: most are freed without one."""


def collect_garbage() -> None:
    """Begin collecting garbage, without scanning what has been imported until now."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(COLLECTION_THRESHOLD, *gc.get_threshold()[1:])
        gc.enable()
