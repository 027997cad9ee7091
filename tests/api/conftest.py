"""Fixtures of the tests of the API client: a proxy with scripted answers, and a client of it."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.api.exchange import Timeouts
from studio_tui.settings import Settings
from tests.fault_proxy import FaultProxy

TOKEN = "canary-token-9f27c1"

IMPATIENT = Timeouts(connect=2.0, read=0.4, write=2.0, pool=2.0, whole=2.0)
"""For tests of silence; a loaded machine still answers a request in time."""


def settings_for(url: str, **others: object) -> Settings:
    """Return settings for the Studio at `url`."""
    return Settings(url=url, team="a team", token=SecretStr(TOKEN), **others)  # type: ignore[arg-type] # any field


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    """A server that answers each request with the fault queued for it."""
    async with FaultProxy() as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[StudioClient]:
    """A client of `proxy`."""
    async with StudioClient(settings_for(proxy.url)) as client:
        yield client
