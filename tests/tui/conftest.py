"""Fixtures for tests of the dashboard."""

import pytest

from studio_tui.service.commands import create_job, retries


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the dashboard check after milliseconds whether Studio has created a job."""
    monkeypatch.setattr(retries, "RESTS", (0.01, 0.02))
    monkeypatch.setattr(create_job, "BACKOFF", (0.01, 0.05))
    monkeypatch.setattr(create_job, "REST_BETWEEN_LISTS", 0.05)
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 10.0)
