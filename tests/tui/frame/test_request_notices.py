"""The notices when a request fails."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.errors import NotSent, ServerError, StudioError
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.request_notices import error_message, unreachable_message
from studio_tui.tui.recovery import STOPPED

GONE = NotSent("The local Studio is not running.")


def session(**options: Any) -> StudioSession:
    """Return what the functions need of a session."""
    return cast(StudioSession, SimpleNamespace(**({"is_local": True, "restarts": True} | options)))


def test_the_same_is_advised_everywhere_where_the_dashboard_can_start_studio_again() -> None:
    assert (
        error_message(GONE, session()) == "The local Studio is not running. ctrl+r starts it again."
    )
    assert unreachable_message(GONE, session()) == error_message(GONE, session())
    assert STOPPED.endswith(" ctrl+r starts it again.")


def test_a_local_studio_that_another_program_started_is_started_by_its_command() -> None:
    other = session(restarts=False)
    assert "Start it with `studio-tui local`" in error_message(GONE, other)
    assert unreachable_message(GONE, other).endswith("ctrl+r retries now.")


@pytest.mark.parametrize("error", [GONE, ServerError(500, "Studio failed.")])
def test_no_restart_is_advised_where_it_does_not_help(error: StudioError) -> None:
    far = session(is_local=error is not GONE)
    assert "start" not in error_message(error, far)
    assert "ctrl+r retries now." in unreachable_message(error, far)
