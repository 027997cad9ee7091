"""Commands without a screen: how they run, why they are disabled, and their bindings."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import pytest
from textual.binding import Binding
from textual.notifications import Notify

from studio_tui.tui.frame.commands import Command, CommandSet, bindings
from studio_tui.tui.widgets.lifetime import Lifetime


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
        Command("door.knock", "k,K", "knock", "Knock", knock, display="⚒", priority=True),
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
    ) -> None:
        asyncio.run(work())
        self.workers.append((name, group, exclusive))


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
    assert opening == Binding(
        "o", "do('door.open')", "open", tooltip="Open the door", id="door.open"
    )
    assert (knocking.key, knocking.key_display, knocking.priority) == ("k,K", "⚒", True)
    assert [each.id for each in bindings(Door, only={"door.knock"})] == ["door.knock"]
    assert [each.id for each in bindings(Door.COMMANDS, without={"door.knock"})] == ["door.open"]
