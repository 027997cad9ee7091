"""Permission to fetch archived logs, as a user may give it."""


async def allow_every_host(_host: str) -> bool:
    """Allow every host."""
    return True
