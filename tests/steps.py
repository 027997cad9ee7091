"""Names the steps of a scenario, so that a failure says in which it happened."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(what: str) -> Iterator[None]:
    """Run one step of a scenario; `what` is added to an error in it."""
    try:
        yield
    except Exception as error:
        error.add_note(f"In the step: {what}")
        raise
