"""Receives the log of a job over its websocket, with nothing but the websocket library."""

import os
from collections.abc import AsyncGenerator

from websockets.asyncio.client import connect

_MAX_MESSAGE_BYTES = 16 * 1024 * 1024


async def messages(job_id: str) -> AsyncGenerator[str | bytes, None]:
    """Yield the messages of a job's log, from the Studio in the environment variables."""
    websocket_url = os.environ["DATACHAIN_STUDIO_URL"].replace("http", "ws", 1)
    team, token = (os.environ[f"DATACHAIN_STUDIO_{name}"] for name in ("TEAM", "TOKEN"))
    address = f"{websocket_url}/api/logs/follow/?job_id={job_id}&team_name={team}"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(address, additional_headers=headers, max_size=_MAX_MESSAGE_BYTES) as log:
        async for message in log:
            yield message
