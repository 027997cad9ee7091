"""Garbage collection, which is off until the first paint: imports leave hardly any."""

import gc


def collect_garbage() -> None:
    """Begin collecting garbage, without scanning what has been imported until now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
