"""Garbage collection, which is off until the first paint: imports leave hardly any."""

import gc

YOUNG = 10_000
"""New objects after which garbage is looked for, instead of 700: most of it goes without that."""


def collect_garbage() -> None:
    """Begin collecting garbage, without scanning what has been imported until now."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
        gc.enable()
