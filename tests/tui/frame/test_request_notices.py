"""The notices and the age in the header when a request fails."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.errors import NO_ANSWER, NoFreeConnection, NotSent, ServerError, StudioError
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.page_bars import freshness
from studio_tui.tui.frame.request_notices import error_message, remedy_words, unreachable_message
from tests.jobs import NOON

NOT_RUNNING = NotSent("The local Studio is not running.")


def session_with(**options: Any) -> StudioSession:
    """Return a fake session with the attributes that the functions use."""
    return cast(
        StudioSession,
        SimpleNamespace(
            **({"is_local": True, "can_restart": True, "is_restarting": False} | options)
        ),
    )


@pytest.mark.parametrize(
    "error",
    [
        NoFreeConnection("Not sent, as all 6 connections are in use."),
        NotSent("The local Studio does not answer.", brief=NO_ANSWER),
    ],
)
def test_a_local_studio_is_said_to_have_stopped_only_if_no_other_cause_is_known(
    error: NotSent,
) -> None:
    assert error_message(error, session_with()) == str(error)
    assert remedy_words(error, session_with()) == ""


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({}, "ctrl+r starts it"),
        ({"can_restart": False}, "`studio-tui local` starts it"),
        ({"is_restarting": True}, "it is being started again"),
    ],
)
def test_notices_lists_and_the_header_name_what_starts_a_stopped_local_studio(
    options: dict[str, bool], remedy: str
) -> None:
    session = session_with(**options)
    assert remedy_words(NOT_RUNNING, session) == remedy
    words = f"The local Studio is not running: {remedy}."
    assert error_message(NOT_RUNNING, session) == words
    assert unreachable_message(NOT_RUNNING, session) == words
    stopped = Snapshot(value=1, fetched_at=NOON - timedelta(minutes=2), error=NOT_RUNNING)
    assert freshness(stopped, NOON, remedy).text == f"✗ stale 2m, stopped: {remedy}"


def test_other_errors_have_no_remedy() -> None:
    assert not remedy_words(NOT_RUNNING, session_with(is_local=False))
    for error in (None, ServerError(500, "Studio failed.")):
        assert not remedy_words(error, session_with())


@pytest.mark.parametrize("error", [NOT_RUNNING, ServerError(500, "Studio failed.")])
def test_no_notice_advises_a_restart_that_would_not_help(error: StudioError) -> None:
    remote = session_with(is_local=error is not NOT_RUNNING)
    assert "start" not in error_message(error, remote)
    assert "ctrl+r retries now." in unreachable_message(error, remote)
