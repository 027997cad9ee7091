"""The page of a job is opened where it is Studio's own, and elsewhere after asking."""

from pathlib import Path

import pytest

from tests.fault_proxy import Exchange, Fault, FaultProxy, Reply, Seen, StreamFault
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until_shown


class OtherUrls:
    """Lets the list of jobs name another address for their pages."""

    def __init__(self, url: str) -> None:
        self.url = url.encode()

    def fault(self, seen: Seen) -> Fault | None:
        return self._other if seen.path.endswith("/jobs/") else None

    def stream_fault(self) -> StreamFault:
        return lambda frames: frames

    async def _other(self, exchange: Exchange) -> None:
        reply = await exchange.forward()
        before, _, rest = reply.body.partition(b'"url":"')
        body = before + b'"url":"' + self.url + rest[rest.index(b'"') :] if rest else reply.body
        await exchange.send(Reply(reply.status, reply.headers, body).encoded())


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("url", ["https://[::1", "file:///etc/passwd", "https://a:b/"])
async def test_what_is_no_web_page_is_copied_and_ends_nothing(
    studio: ThreadStudio, tmp_path: Path, url: str
) -> None:
    studio.end(studio.submit("print(1)")["id"])
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = OtherUrls(url)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await pilot.press("o")
            await until_shown(pilot, "Not a web page")


async def test_a_page_on_another_host_is_asked_about_and_not_opened_by_default(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)")["id"])
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = OtherUrls("https://elsewhere.example/jobs/1")
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await pilot.press("o")
            await until_shown(pilot, "Open another host than Studio's?", "elsewhere.example")
            await pilot.press("enter")
            assert "No browser here" not in screen_text(pilot)
            await pilot.press("o")
            await until_shown(pilot, "Open another host than Studio's?")
            await pilot.press("y")
            await until_shown(pilot, "No browser here")


async def test_studios_own_page_is_opened_without_asking(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)")["id"])
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = OtherUrls("http://127.0.0.1:1/jobs/1")
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await pilot.press("o")
            await until_shown(pilot, "No browser here")
