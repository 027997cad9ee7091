"""Fixtures for tests of services: a fixed time, and back-offs without chance."""

import random
from collections.abc import Iterator

import pytest

from studio_tui import clock
from tests.jobs import NOON


@pytest.fixture
def noon() -> Iterator[None]:
    """Let it be `NOON`."""
    clock.set_time_source(lambda: NOON)
    yield
    clock.set_time_source(None)


@pytest.fixture
def longest_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each rest after a failure be as long as possible."""
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)
