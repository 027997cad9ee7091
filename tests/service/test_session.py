import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.service.session import StudioSession
from studio_tui.settings import Settings

if TYPE_CHECKING:
    from tests.studios import ThreadStudio


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("never came true")


async def test_jobs_that_end_are_noted_in_the_ledger_and_are_there_after_a_restart(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    first = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
    await asyncio.to_thread(studio.end, first["id"])
    settings = Settings(url=studio.url, team=studio.team, token=SecretStr(studio.token))

    def session() -> StudioSession:
        return StudioSession(StudioClient(settings), studio.team, tmp_path / "logs", near=True)

    looked = session()
    running = asyncio.create_task(looked.run())
    leave = looked.jobs.subscribe(lambda _: None)
    await until(lambda: looked.history.runs([first["id"]]))
    second = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
    await asyncio.to_thread(studio.end, second["id"])
    await until(lambda: len(looked.history.past("a.py")) == 2)
    leave()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await looked.client.aclose()
    later = session()
    assert set(later.history.runs([first["id"], second["id"]])) == {first["id"], second["id"]}
    await later.client.aclose()
