"""Opening the web page of a job, whatever address Studio sends for it."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_tui.addresses import address
from studio_tui.tui.frame.dialogs import Confirm, confirm_open
from studio_tui.tui.jobs.list_screen import JobsScreen
from tests.changed_answers import ChangedResponses
from tests.fault_proxy import FaultProxy
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_notified, until_shown

OpenedPages = Callable[[], str]
"""Returns the addresses that the browser has opened, one per line."""

INVALID_ADDRESSES = [
    "https://[::1",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://evil.example\\@studio.example/",
    "https://a.example:99999/",
    "https://a.example:0/",
    "//a.example/",
]


def jobs_with_page(url: str) -> ChangedResponses:
    """Change Studio's answers so that the page of each job is at `url`."""
    return ChangedResponses(
        "/api/datachain/jobs/", lambda jobs: [{**job, "url": url} for job in jobs]
    )


@pytest.fixture
def opened_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenedPages:
    """Install a browser that only writes addresses to a file; return a function that reads it."""
    program, file = tmp_path / "browser", tmp_path / "pages"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> {file}\n')
    program.chmod(0o700)
    file.touch()
    monkeypatch.setenv("BROWSER", f"{program} %s")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # searched again in this environment
    return file.read_text


async def until_page_is(pilot: Dashboard, url: str) -> None:
    """Refresh the list, and wait until the page of the job under the cursor is at `url`."""
    await pilot.press("ctrl+r")
    screen = pilot.app.screen
    assert isinstance(screen, JobsScreen)
    await until(pilot, lambda: (job := screen.job_at_hand()) and job.url == url)


async def test_an_invalid_address_is_reported_and_a_page_of_studio_is_opened_at_once(
    studio: ThreadStudio, tmp_path: Path, opened_pages: OpenedPages
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="one.py")["id"])
    proxy = FaultProxy.in_front_of(studio.url)
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        for url in INVALID_ADDRESSES:
            proxy.plan = jobs_with_page(url)
            await until_page_is(pilot, url)
            await pilot.press("o")
            await until_notified(pilot, f"{url} (not a web page)")
            assert isinstance(pilot.app.screen, JobsScreen)
            pilot.app.clear_notifications()
            assert opened_pages() == "", url
        own_page = f"{proxy.url}/local/jobs/1"
        proxy.plan = jobs_with_page(own_page)
        await until_page_is(pilot, own_page)
        await pilot.press("o")
        await until(pilot, lambda: opened_pages() == f"{own_page}\n")


OTHER_HOST = "a page on another host"
OTHER_PORT = "on its own host, with another scheme or port"
LOGIN = "It contains a user name or a password"
DOUBTFUL_PAGES = [
    ("https://evil.example/jobs/1", "https://evil.example", OTHER_HOST),
    ("https://127.0.0.1@evil.example/", "https://evil.example", OTHER_HOST, LOGIN),
    ("https://[2001:db8::1]/", "https://[2001:db8::1]", OTHER_HOST),
    ("http://127.0.0.1:9/", "http://127.0.0.1:9", OTHER_PORT),
    ("http://:secret@127.0.0.1:9/", "http://127.0.0.1:9", OTHER_PORT, LOGIN),
]


def test_the_question_about_studios_own_address_with_a_login_says_so() -> None:
    page = address("https://studio.example/jobs/1")
    login = address("https://ann:secret@studio.example/jobs/1")
    assert page is not None
    assert login is not None
    details = " ".join(line.text for line in confirm_open(login, page.origin)._lines)
    assert LOGIN in details
    assert "host" not in details
    assert "secret" not in details


async def test_a_doubtful_page_is_opened_only_after_confirmation(
    studio: ThreadStudio, tmp_path: Path, opened_pages: OpenedPages
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="one.py")["id"])
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = jobs_with_page("")
    expected = ""
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "one.py")
        for url, origin, *words in DOUBTFUL_PAGES:
            proxy.plan = jobs_with_page(url)
            await until_page_is(pilot, url)
            await pilot.press("o")
            await until_shown(pilot, "Open a page that is not Studio's?", f"  {origin} ", *words)
            await pilot.press("enter")  # No is the default
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert opened_pages() == expected
            await pilot.press("o")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
            await pilot.press("y")
            expected += f"{url}\n"
            await until(pilot, lambda: opened_pages() == expected)  # noqa: B023 (called here)
