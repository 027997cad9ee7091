"""Commands: the actions of keys, declared as data.

A screen or widget has controllers, plain classes that declare commands. Key bindings are built from
commands; the footer, the help and the palette are built from the bindings.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

from textual.app import App
from textual.binding import Binding
from textual.message import Message
from textual.worker import Worker

from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.toasts import notify_here
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    # A widget with commands need not depend on Studio, and should not load its modules.
    from studio_tui.service.session import StudioSession

Owner_contra = TypeVar("Owner_contra", contravariant=True)
Owner = TypeVar("Owner")
Answer = TypeVar("Answer")
Severity = Literal["information", "warning", "error"]

READ_ONLY = "Nothing can be changed: started with --read-only"
REPLAY = "Nothing can be changed in a replay"


def never_unavailable(_: object) -> None:
    """The command is always available."""


def always_applies(_: object) -> bool:
    """The command always handles its keys."""
    return True


@dataclass(frozen=True, slots=True)
class Command(Generic[Owner_contra]):
    """An action the user can run with a key, the mouse, the help or the palette."""

    id: str
    """Such as `job.cancel`; the part before the dot is its subject."""
    keys: str
    """Textual's names separated by commas; the footer displays only the first key."""
    label: str
    """In the footer, about two words."""
    help: str
    """One sentence for the help, the palette and the documentation."""
    run: Callable[[Owner_contra], Awaitable[None] | None]
    """Called with the controller; if the result is a coroutine, a worker runs it."""
    why_not: Callable[[Owner_contra], str | None] = never_unavailable
    """Returns why the command is unavailable, `None` if it is available."""
    priority: bool = False
    """Whether the keys are handled before the keys of the focused widget."""
    exclusive: bool = False
    """Whether a call cancels an earlier call that is still running."""
    repeats: bool = False
    """Whether its key begins the command again while an earlier call has opened no dialog yet."""
    applies: Callable[[Owner_contra], bool] = always_applies
    """Returns whether the command handles its keys now; otherwise ancestors handle them."""
    search_words: str = ""
    """Words of similar tools by which searches find the command."""
    label_now: Callable[[Owner_contra], str] | None = None
    """Returns what the footer shows instead of `label`, such as `resume`."""

    @property
    def binding(self) -> "CommandBinding":
        """The Textual binding of the command."""
        return CommandBinding(
            self.keys,
            f"do('{self.id}')",
            self.label,
            priority=self.priority,
            tooltip=self.help,
            id=self.id,
            search_words=self.search_words,
        )


@dataclass(frozen=True)
class CommandBinding(Binding):
    """The binding of a command; the bindings that Textual makes of it have no search words."""

    search_words: str = ""


class Controller(Protocol):
    """An object with commands."""

    COMMANDS: ClassVar[tuple[Command[Any], ...]]


def bindings(
    *sources: "type[Controller] | Iterable[Command[Any]]",
    only: Collection[str] | None = None,
    without: Collection[str] = (),
) -> tuple[Binding, ...]:
    """Return the bindings of the commands in `sources`; `only` and `without` contain ids."""
    commands = (
        command
        for source in sources
        for command in (source.COMMANDS if isinstance(source, type) else source)
    )
    return tuple(
        command.binding
        for command in commands
        if command.id not in without and (only is None or command.id in only)
    )


class Basics(NamedTuple):
    """The parts of a connection that every page needs."""

    session: "StudioSession"
    home: str
    """The name of Studio in the header: `team@host`, or `local Studio`; safe text."""
    read_only: bool


class Host(Protocol):
    """The part of a screen that controllers use."""

    session: "StudioSession"
    read_only: bool
    hidden_marks: int
    """How many marked rows the filter hides."""

    @property
    def app(self) -> App[Any]:
        """The app."""

    def post_message(self, message: Message) -> bool:
        """Post a request that the app handles, such as `OpenJob`."""

    def notify_user(self, words: str, severity: Severity = "information") -> None:
        """Show safe text as a notification."""

    async def ask(self, question: Dialog[Answer]) -> Answer:
        """Show a dialog over the screen, and return its answer; call from a worker."""


def why_read_only(host: Host) -> str | None:
    """Return why nothing can be changed in Studio; `None` if it can."""
    if not host.read_only:
        return None
    return READ_ONLY if host.session.replay is None else REPLAY


_ABSENT: tuple[Command[Any], Any] = (Command("", "", "", "", never_unavailable), None)
"""Stands for a command of another node: it does nothing, and has no controller."""


class CommandSet:
    """The commands of one screen or widget, by id."""

    def __init__(self, node: Lifetime) -> None:
        """Make an empty set for `node`; workers of commands end when `node` is removed."""
        self._node = node
        self._commands: dict[str, tuple[Command[Any], Any]] = {}
        self._beginning: dict[str, Worker[Any]] = {}
        """The last worker of each command since a dialog or page was opened, by command id."""

    def add(self, *controllers: Controller) -> None:
        """Add the commands of controllers; a command replaces one with the same id."""
        for controller in controllers:
            self.add_to(controller, controller.COMMANDS)

    def add_to(self, owner: Owner, commands: Iterable[Command[Owner]]) -> None:
        """Add commands that are called with `owner`."""
        self._commands |= {command.id: (command, owner) for command in commands}

    def search_words(self, command_id: str) -> str:
        """Return `Command.search_words`; empty for a command of another node."""
        return self._commands.get(command_id, _ABSENT)[0].search_words

    def label(self, binding: Binding) -> str:
        """Return the label of a command now; for a command of another node, that of `binding`."""
        command, owner = self._commands.get(binding.id or "", _ABSENT)
        return command.label_now(owner) if command.label_now else binding.description

    def why_not(self, command_id: str) -> str | None:
        """Return why a command is unavailable; `None` also for a command of another node."""
        command, owner = self._commands.get(command_id, _ABSENT)
        return command.why_not(owner)

    def applies(self, command_id: str) -> bool:
        """Return whether a command handles its keys now; True for a command of another node."""
        command, owner = self._commands.get(command_id, _ABSENT)
        return command.applies(owner)

    def do(self, command_id: str) -> None:
        """Run a command of this node, or show why it is unavailable."""
        command, owner = self._commands[command_id]
        if not self._node.is_alive:
            return  # a node that is being removed runs no commands
        if reason := command.why_not(owner):
            notify_here(self._node.app, reason, "warning")
            return
        beginning = self._beginning.get(command_id)
        may_overlap = command.repeats or command.exclusive
        if beginning is not None and not beginning.is_finished and not may_overlap:
            return  # its key was pressed twice
        run: Any = command.run
        # The worker calls a coroutine function: a coroutine that exists already would cause a
        # warning if the worker was canceled before it started.
        work = partial(run, owner) if iscoroutinefunction(run) else run(owner)
        if work is not None:
            self._beginning[command_id] = start_worker(
                self._node, work, name=command_id, group=command_id, exclusive=command.exclusive
            )

    def note_suspended(self) -> None:
        """Let all commands begin again: the dialog or page that they were to open is shown."""
        self._beginning.clear()


class HasCommands(Lifetime):
    """Mixin of a screen or widget with commands; list it before Textual's class."""

    commands: CommandSet

    def action_do(self, command_id: str) -> None:
        self.commands.do(command_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable commands that do not handle their keys now, so that ancestors do."""
        if action == "do" and not self.commands.applies(str(parameters[0])):
            return False
        is_enabled: bool | None = super().check_action(action, parameters)  # type: ignore[misc]
        return is_enabled
