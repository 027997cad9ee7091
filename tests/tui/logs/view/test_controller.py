"""Workers of a log view run one at a time."""

import asyncio
from pathlib import Path

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.controller import WorkGroup
from studio_tui.tui.logs.view.log_view import LogView
from tests.driving import driving
from tests.tui.logs.view.log_stage import LogViewApp
from tests.waiting import until


async def test_work_that_was_canceled_before_it_began_does_not_keep_other_work_from_running(
    tmp_path: Path,
) -> None:
    store = LogStore.create(tmp_path)
    async with driving(LogViewApp(store), size=(40, 10)) as pilot:
        view = pilot.app.query_one(LogView)
        done: list[str] = []

        async def work() -> None:
            done.append("work")

        async def step() -> None:
            await asyncio.sleep(0)
            done.append("step")

        group = WorkGroup(view, "joining", done.append)
        group.run_if_idle(work, "canceled")
        view.workers.cancel_node(view)
        group.run_if_idle(work, "work")
        await until(lambda: done == ["work"])
        one, other = (WorkGroup(view, "steps", done.append) for _ in range(2))
        one.run_next(step, "canceled")
        other.run(step, "canceled too")
        one.run_next(step, "step")
        await until(lambda: "step" in done)
        await pilot.pause()
        assert done == ["work", "step"]
    store.close()
