"""Commands: what keys do, as data.

A controller is a plain class that is made with what it needs and declares its commands; a screen,
or a widget, has controllers. Bindings, and with them the footer, the help, the palette and the
table of keys in the README, come from the same declarations.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from textual.app import App
from textual.binding import Binding
from textual.message import Message

from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.widgets.lifetime import Lifetime

if TYPE_CHECKING:
    # A widget with commands may know nothing of Studio, and is not to load all that does.
    from studio_tui.service.session import StudioSession

Owner_contra = TypeVar("Owner_contra", contravariant=True)
Owner = TypeVar("Owner")
Answer = TypeVar("Answer")
Severity = Literal["information", "warning", "error"]

READ_ONLY = "Nothing can be changed: this dashboard was started with --read-only"


def always(_: object) -> None:
    """Say that a command can always run."""


def applies(_: object) -> bool:
    """Say that a command's keys are always its own."""
    return True


@dataclass(frozen=True, slots=True)
class Command(Generic[Owner_contra]):
    """Something that the user can have done, by a key, the mouse, the help or the palette."""

    id: str
    """Names it everywhere, such as `job.cancel`; the part before the dot is its subject."""
    keys: str
    """In Textual's names, separated by commas; the first is the one that is shown."""
    label: str
    """Two words for the footer."""
    help: str
    """One sentence for help, palette and README."""
    run: Callable[[Owner_contra], Awaitable[None] | None]
    """Given the controller; what has to wait for an answer is a coroutine, and runs as a worker."""
    why_not: Callable[[Owner_contra], str | None] = always
    """Given the controller; returns why it cannot run now, in words, or `None` when it can."""
    display: str | None = None
    """What is shown for the first key, where its name is not readable."""
    priority: bool = False
    """Whether the key is the screen's whatever has the focus."""
    exclusive: bool = False
    """Whether a second call ends the first one that is still under way."""
    applies: Callable[[Owner_contra], bool] = applies
    """Given the controller; returns whether the keys are its own now, and not those of what is
    around."""

    @property
    def binding(self) -> Binding:
        """The command as Textual binds it to its keys."""
        return Binding(
            self.keys,
            f"do('{self.id}')",
            self.label,
            key_display=self.display,
            priority=self.priority,
            tooltip=self.help,
            id=self.id,
        )


class Controller(Protocol):
    """What has commands."""

    COMMANDS: ClassVar[tuple[Command[Any], ...]]


def bindings(
    *sources: "type[Controller] | Iterable[Command[Any]]",
    only: Collection[str] | None = None,
    without: Collection[str] = (),
) -> tuple[Binding, ...]:
    """Return the bindings of commands; of all, or of those whose ids are given."""
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


class Host(Protocol):
    """The screen of a controller, as far as controllers need it."""

    session: "StudioSession"
    read_only: bool

    @property
    def app(self) -> App[Any]:
        """The program."""

    def post_message(self, message: Message) -> bool:
        """Ask for what is not the screen's own, such as another screen."""

    def say(self, words: str, severity: Severity = "information") -> None:
        """Say something in passing."""

    async def ask(self, question: Dialog[Answer]) -> Answer:
        """Put a question over the screen, and return its answer."""


class CommandSet:
    """The commands of one screen or widget, by their ids."""

    def __init__(self, node: Lifetime) -> None:
        """Take what the commands belong to; their workers end with it."""
        self._node = node
        self._found: dict[str, tuple[Command[Any], Any]] = {}

    def add(self, *controllers: Controller) -> None:
        """Add the commands of controllers; a later one stands in for an earlier one of its id."""
        for controller in controllers:
            self.add_to(controller, controller.COMMANDS)

    def add_to(self, owner: Owner, commands: Iterable[Command[Owner]]) -> None:
        """Add commands that are run with `owner`."""
        self._found |= {command.id: (command, owner) for command in commands}

    def has(self, command_id: str) -> bool:
        """Return whether a command is of here."""
        return command_id in self._found

    def why_not(self, command_id: str) -> str | None:
        """Return why a command cannot run now, in words; `None` when it can, or is not of here."""
        found = self._found.get(command_id)
        if found is None:
            return None
        command, owner = found
        return command.why_not(owner)

    def applies(self, command_id: str) -> bool:
        """Return whether the keys of a command are its own now."""
        found = self._found.get(command_id)
        return found is None or found[0].applies(found[1])

    def do(self, command_id: str) -> None:
        """Run a command, or say why it cannot run now.

        Raises:
            KeyError: there is no such command here.
        """
        command, owner = self._found[command_id]
        if not self._node.is_alive:
            return  # what is on its way out does nothing any more
        if reason := command.why_not(owner):
            self._node.app.notify(reason, severity="warning", markup=False)
            return
        running = command.run(owner)
        if isawaitable(running):
            self._node.run_worker(
                running, name=command_id, group=command_id, exclusive=command.exclusive
            )


class HasCommands(Lifetime):
    """Mixin of a screen or widget with commands; it stands before Textual's class."""

    commands: CommandSet

    def action_do(self, command_id: str) -> None:
        """Run a command; what bindings and the parts of bars name."""
        self.commands.do(command_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of commands that do not apply to what is around."""
        if action == "do" and not self.commands.applies(str(parameters[0])):
            return False
        checked: bool | None = super().check_action(action, parameters)  # type: ignore[misc]
        return checked
