"""The page of a job, at any address that Studio sends."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests.changed_answers import Changed
from tests.fault_proxy import FaultProxy
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown

Opened = Callable[[], str]
"""Gives the addresses that the browser has opened, a line each."""

NO_PAGE = [
    "https://[::1",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://evil.example\\@studio.example/",
    "https://a.example:99999/",
    "https://a.example:0/",
    "//a.example/",
]


def pages(url: str) -> Changed:
    """Let each job have its page at another address."""
    return Changed("/api/datachain/jobs/", lambda jobs: [{**job, "url": url} for job in jobs])


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """A browser that writes down what it opens; nothing is in it yet."""
    program, seen = tmp_path / "browser", tmp_path / "pages"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> {seen}\n')
    program.chmod(0o700)
    seen.touch()
    monkeypatch.setenv("BROWSER", f"{program} %s")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # it looks at the environment once
    return seen.read_text


async def until_said(pilot: Dashboard, words: str) -> None:
    await until(pilot, lambda: any(words in note.message for note in pilot.app._notifications))


async def until_its_page_is(pilot: Dashboard, url: str) -> None:
    """Refresh the list, and wait until the job under the cursor has its page there."""
    await pilot.press("ctrl+r")
    screen = pilot.app.screen
    assert isinstance(screen, JobsScreen)
    await until(pilot, lambda: (job := screen.job_at_hand()) and job.url == url)


async def test_what_is_no_page_is_copied_and_one_of_studio_is_opened_at_once(
    studio: ThreadStudio, tmp_path: Path, opened: Opened
) -> None:
    studio.end(studio.submit("print(1)", query_name="one.py")["id"])
    proxy = FaultProxy.before(studio.url)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        for url in NO_PAGE:
            proxy.plan = pages(url)
            await until_its_page_is(pilot, url)
            await pilot.press("o")
            await until_said(pilot, f"Not a web page: {url}")
            assert isinstance(pilot.app.screen, JobsScreen)
            pilot.app.clear_notifications()
            assert opened() == "", url
        page = f"{proxy.url}/local/jobs/1"
        proxy.plan = pages(page)
        await until_its_page_is(pilot, page)
        await pilot.press("o")
        await until(pilot, lambda: opened() == f"{page}\n")


OTHERS = [
    ("https://evil.example/jobs/1", "evil.example"),
    ("https://127.0.0.1@evil.example/", "evil.example"),
    ("https://[2001:db8::1]/", "2001:db8::1"),
]


async def test_a_page_of_another_host_is_opened_after_asking_alone(
    studio: ThreadStudio, tmp_path: Path, opened: Opened
) -> None:
    studio.end(studio.submit("print(1)", query_name="one.py")["id"])
    proxy = FaultProxy.before(studio.url)
    proxy.plan = pages("")
    before = ""
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "one.py")
        for url, host in OTHERS:
            proxy.plan = pages(url)
            await until_its_page_is(pilot, url)
            await pilot.press("o")
            await until_shown(pilot, "Open a page that is not Studio's?", f"  {host} ")
            await pilot.press("enter")  # No is the default
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert opened() == before
            await pilot.press("o")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
            await pilot.press("y")
            before += f"{url}\n"
            await until(pilot, lambda: opened() == before)  # noqa: B023 (called here)
