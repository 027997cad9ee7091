"""Fixtures for the tests of the API client: a server with scripted responses, and its client."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from studio_tui.api import transport
from studio_tui.api.client import StudioClient
from studio_tui.settings import Settings
from tests.fault_proxy import FaultProxy

TOKEN = "canary-token-9f27c1"


def settings_for(url: str, **fields: object) -> Settings:
    """Return settings for the Studio at `url`."""
    return Settings(url=url, team="a team", token=SecretStr(TOKEN), **fields)  # type: ignore[arg-type] # any field


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    """A server that answers each request with the fault queued for it."""
    async with FaultProxy() as proxy:
        yield proxy


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time limits for tests without a response; even a busy machine responds within them."""
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(2.0, read=0.4))
    monkeypatch.setattr(transport, "WHOLE_TIMEOUT", 2.0)


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[StudioClient]:
    """A client of `proxy`."""
    async with StudioClient(settings_for(proxy.url)) as client:
        yield client
