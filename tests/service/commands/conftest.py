"""Fixtures for tests of commands: short rests between the attempts to send a request."""

import pytest

from studio_tui.service.commands import create_job, retries


@pytest.fixture
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands rest for milliseconds between attempts, and search for a job for seconds."""
    monkeypatch.setattr(retries, "RESTS", (0.001, 0.001))
    monkeypatch.setattr(create_job, "BACKOFF", (0.001, 0.001))
    monkeypatch.setattr(create_job, "REST_BETWEEN_LISTS", 0.001)
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 5.0)
