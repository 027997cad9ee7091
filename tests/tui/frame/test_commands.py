"""How commands run, also if a key is pressed twice; why one is disabled; their bindings."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from textual.notifications import Notify

from studio_tui.tui.frame.commands import Command, CommandBinding, CommandSet, bindings
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.page import Page
from studio_tui.tui.widgets.lifetime import Lifetime
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, jobs_screen, until, until_shown


class Door:
    """A controller with a command of each kind."""

    def __init__(self) -> None:
        self.is_open = False
        self.knocks = 0

    def unlock(self) -> None:
        self.is_open = True

    def why_not_open(self) -> str | None:
        return "It is open already" if self.is_open else None

    async def knock(self) -> None:
        self.knocks += 1

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("door.open", "o", "open", "Open the door", unlock, why_not_open),
        Command("door.knock", "k,K", "knock", "Knock", knock, priority=True),
    )


@dataclass
class FakeWidget:
    """The methods of a widget that commands call, which record their calls."""

    messages: list[str] = field(default_factory=list)
    workers: list[tuple[str, str, bool]] = field(default_factory=list)
    is_alive: bool = True

    NOTIFICATION_TIMEOUT = 5.0
    screen = None

    @property
    def app(self) -> "FakeWidget":
        return self

    def post_message(self, message: Notify) -> None:
        assert message.notification.severity == "warning"
        assert not message.notification.markup
        self.messages.append(message.notification.message)

    def run_worker(
        self,
        work: Callable[[], Coroutine[Any, Any, None]],
        *,
        name: str,
        group: str,
        exclusive: bool,
    ) -> object:
        asyncio.run(work())
        self.workers.append((name, group, exclusive))
        return None


class Task(asyncio.Task[None]):
    """A task with the part of a worker that commands use."""

    @property
    def is_finished(self) -> bool:
        return self.done()


class WidgetWithTasks(FakeWidget):
    """A widget whose workers go on while further commands are run."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[Task] = []

    def run_worker(self, work: Callable[[], Coroutine[Any, Any, None]], **_options: object) -> Task:
        self.tasks.append(Task(work()))
        return self.tasks[-1]


def create_commands() -> tuple[FakeWidget, Door, CommandSet]:
    widget, door = FakeWidget(), Door()
    commands = CommandSet(cast(Lifetime, widget))
    commands.add(door)
    return widget, door, commands


def test_a_command_runs_or_shows_why_it_is_disabled() -> None:
    widget, door, commands = create_commands()
    assert commands.why_not("door.open") is None
    commands.do("door.open")
    assert door.is_open
    assert commands.why_not("door.open") == "It is open already"
    commands.do("door.open")
    assert widget.messages == ["It is open already"]


def test_an_async_command_runs_in_a_worker_of_its_own_group() -> None:
    widget, door, commands = create_commands()
    commands.do("door.knock")
    assert door.knocks == 1
    assert widget.workers == [("door.knock", "door.knock", False)]


async def test_a_command_begins_again_once_it_has_opened_a_dialog_or_ended() -> None:
    begun: list[str] = []
    may_end = asyncio.Event()

    async def run(name: str) -> None:
        begun.append(name)
        await may_end.wait()

    widget = WidgetWithTasks()
    commands = CommandSet(cast(Lifetime, widget))
    commands.add_to("ask", (Command("ask", "a", "", "", run),))
    commands.add_to("repeat", (Command("repeat", "r", "", "", run, repeats=True),))

    async def do(*names: str) -> None:
        for name in names:
            commands.do(name)
            await asyncio.sleep(0)

    await do("ask", "ask", "repeat", "repeat")
    assert begun == ["ask", "repeat", "repeat"]
    commands.note_suspended()
    await do("ask", "ask")
    assert begun.count("ask") == 2
    may_end.set()
    await asyncio.gather(*widget.tasks)
    await do("ask", "ask")
    assert begun.count("ask") == 4


@pytest.mark.draws_dashboards
async def test_a_page_runs_a_command_again_whose_dialog_was_answered(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    begun: list[Page] = []
    may_ask = asyncio.Event()

    async def ask_and_wait(page: Page) -> None:
        begun.append(page)
        await may_ask.wait()
        await page.ask(Confirm("Sure?", (), yes="Yes", no="No"))
        await asyncio.Event().wait()

    async with dashboard(shared_studio, tmp_path) as pilot:
        page = await jobs_screen(pilot)
        page.commands.add_to(page, (Command("ask", "", "", "", ask_and_wait),))
        page.commands.do("ask")
        await until(pilot, lambda: begun)
        page.commands.do("ask")
        may_ask.set()
        await until_shown(pilot, "Sure?")
        assert pilot.app.screen_stack[-2] is page
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is page)
        page.commands.do("ask")
        await until_shown(pilot, "Sure?")
    assert begun == [page, page]


def test_a_widget_that_is_being_removed_runs_no_command() -> None:
    widget, door, commands = create_commands()
    widget.is_alive = False
    commands.do("door.knock")
    commands.do("door.open")
    assert (door.knocks, door.is_open, widget.messages) == (0, False, [])


def test_an_unknown_command_has_no_reason_and_cannot_be_run() -> None:
    _, _, commands = create_commands()
    assert commands.why_not("door.close") is None
    with pytest.raises(KeyError):
        commands.do("door.close")


def test_a_later_controller_replaces_an_earlier_one() -> None:
    _, first, commands = create_commands()
    second = Door()
    commands.add(second)
    commands.do("door.open")
    assert second.is_open
    assert not first.is_open


def test_bindings_have_the_keys_and_texts_of_their_commands() -> None:
    opening, knocking = bindings(Door)
    assert opening == CommandBinding(
        "o", "do('door.open')", "open", tooltip="Open the door", id="door.open"
    )
    assert (knocking.key, knocking.priority) == ("k,K", True)
    assert [each.id for each in bindings(Door, only={"door.knock"})] == ["door.knock"]
    assert [each.id for each in bindings(Door.COMMANDS, without={"door.knock"})] == ["door.open"]
