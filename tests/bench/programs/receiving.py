"""Receives the log of a job over its websocket with nothing but the library for it."""

import os
from collections.abc import AsyncGenerator

from websockets.asyncio.client import connect

_LARGEST = 16 * 1024 * 1024


async def messages(job_id: str) -> AsyncGenerator[str | bytes, None]:
    """Yield the messages of a job's log, of the Studio that the environment names."""
    place = os.environ["DATACHAIN_STUDIO_URL"].replace("http", "ws", 1)
    team, token = (os.environ[f"DATACHAIN_STUDIO_{name}"] for name in ("TEAM", "TOKEN"))
    address = f"{place}/api/logs/follow/?job_id={job_id}&team_name={team}"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(address, additional_headers=headers, max_size=_LARGEST) as log:
        async for message in log:
            yield message
