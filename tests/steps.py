"""Names the steps of a test, so that a failure says in which step it happened."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(name: str) -> Iterator[None]:
    """Run one step of a test; its name is added to an error in it."""
    try:
        yield
    except Exception as error:
        error.add_note(f"In the step: {name}")
        raise
