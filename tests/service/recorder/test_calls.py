"""Calls are noted on the event loop, while a thread takes those to be written."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from studio_tui.api.calls import Call
from studio_tui.service.recorder.calls import CallLog, RecordedCall
from tests.jobs import NOON


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_no_call_is_lost_while_others_are_taken() -> None:
    log, has_ended = CallLog(), Event()

    def take() -> list[RecordedCall]:
        taken: list[RecordedCall] = []
        while not has_ended.is_set():
            taken += log.take_waiting().values()
        return taken

    with ThreadPoolExecutor(1) as thread:
        taking = thread.submit(take)
        for number in range(3000):
            log.note(Call(NOON, "GET", f"/{number}", "200", 1.0))
        has_ended.set()
        paths = [call.path for call in (*taking.result(), *log.take_waiting().values())]
    assert sorted(paths) == sorted(f"/{number}" for number in range(3000))
