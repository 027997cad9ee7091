"""Fixtures for the tests of the API client: a server with scripted responses, and its client."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.api.exchange import Timeouts
from studio_tui.settings import Settings
from tests.fault_proxy import FaultProxy

TOKEN = "canary-token-9f27c1"

IMPATIENT = Timeouts(connect=2.0, read=0.4, write=2.0, pool=2.0, whole=2.0)
"""Short time limits for tests without a response; even a busy machine responds within them."""


def settings_for(url: str, **fields: object) -> Settings:
    """Return settings for the Studio at `url`."""
    return Settings(url=url, team="a team", token=SecretStr(TOKEN), **fields)  # type: ignore[arg-type] # any field


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
