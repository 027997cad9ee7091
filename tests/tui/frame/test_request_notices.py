"""The notices when a request fails."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.errors import NotSent, ServerError, StudioError
from studio_tui.presentation.freshness import freshness
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.request_notices import error_message, remedy_words, unreachable_message
from studio_tui.tui.recovery import STOPPED
from tests.jobs import NOON

GONE = NotSent("The local Studio is not running.")


def session(**options: Any) -> StudioSession:
    """Return what the functions need of a session."""
    return cast(
        StudioSession, SimpleNamespace(**({"is_local": True, "can_restart": True} | options))
    )


def test_the_same_is_advised_everywhere_where_the_dashboard_can_start_studio_again() -> None:
    assert (
        error_message(GONE, session()) == "The local Studio is not running. ctrl+r starts it again."
    )
    assert unreachable_message(GONE, session()) == error_message(GONE, session())
    assert STOPPED.endswith(" ctrl+r starts it again.")


def test_the_header_says_as_long_as_the_local_studio_is_stopped_what_starts_it() -> None:
    gone = Snapshot(value=1, fetched_at=NOON - timedelta(minutes=2), error=GONE)
    words = freshness(gone, NOON, remedy_words(GONE, session())).text
    assert words == "✗ stale 2m, local Studio stopped: ctrl+r starts it"
    other = session(can_restart=False)
    assert remedy_words(GONE, other) == "local Studio stopped: `studio-tui local` starts it"
    assert not remedy_words(GONE, session(is_local=False))
    for error in (None, ServerError(500, "Studio failed.")):
        assert not remedy_words(error, session())


def test_a_local_studio_that_another_program_started_is_started_by_its_command() -> None:
    other = session(can_restart=False)
    assert "Start it with `studio-tui local`" in error_message(GONE, other)
    assert unreachable_message(GONE, other).endswith("ctrl+r retries now.")


@pytest.mark.parametrize("error", [GONE, ServerError(500, "Studio failed.")])
def test_no_restart_is_advised_where_it_does_not_help(error: StudioError) -> None:
    far = session(is_local=error is not GONE)
    assert "start" not in error_message(error, far)
    assert "ctrl+r retries now." in unreachable_message(error, far)
