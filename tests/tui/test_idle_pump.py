import asyncio

from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from studio_tui.tui.idle_pump import is_idle
from tests.driving import driving
from tests.tui.dashboards import until


class Work(Message):
    """A message whose handling takes until the test ends it."""


class Worker(Widget):
    """Handles a message until the test sets `may_stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.may_stop = asyncio.Event()

    async def on_work(self) -> None:
        await self.may_stop.wait()


class WorkerApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Worker()


async def test_a_widget_is_idle_unless_it_handles_a_message_or_has_a_queued_one() -> None:
    async with driving(WorkerApp()) as pilot:
        worker = pilot.app.query_one(Worker)
        await until(pilot, lambda: is_idle(worker))
        worker.post_message(Work())
        assert not is_idle(worker)
        await until(pilot, lambda: not worker.message_queue_size)
        assert not is_idle(worker)
        worker.may_stop.set()
        await until(pilot, lambda: is_idle(worker))
