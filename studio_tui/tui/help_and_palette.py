"""The help, the palette, and notices of unknown keys; see docs/upstream/unhandled-keys.md."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.keys import key_to_character
from textual.screen import ModalScreen

from studio_tui.tui.bindings import bindings_of
from studio_tui.tui.widgets.toasts import close_toasts, notify_here, withdraw

if TYPE_CHECKING:
    from textual.command import Provider

    from studio_tui.tui.frame.actions import Action


class UnknownKeys:
    """Tells the user that a pressed key does nothing, once per key and run."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._reported: set[str] = set()
        self._notification = ""

    def report(self, key: str) -> None:
        """Notify that a key does nothing, if the screen has a help key.

        The notification replaces the previous one, as typed text would cover the screen with many.
        """
        help_key = getattr(self._app.screen, "help_key", None)
        if help_key is None or key in self._reported:
            return
        self._reported.add(key)
        character = key_to_character(key) or ""
        # Textual's display name of a character outside ASCII is not the character itself.
        name = (
            character
            if character.strip() and character.isprintable()
            else self._app.get_key_display(Binding(key, ""))
        )
        withdraw(self._app, self._notification)
        self._notification = f"{name} does nothing here; {help_key} lists the keys"
        notify_here(self._app, self._notification)


def _screen_actions() -> type["Provider"]:
    from studio_tui.tui.palette import ScreenActions  # noqa: PLC0415 (not before it is opened)

    return ScreenActions


_HELP = Binding(
    "question_mark",
    "help",
    "help",
    id="app.help",
    tooltip="Show all keys of this screen",
)


_FIND_HELP = "Find an action by its name, such as to change the theme or save a screenshot"
_PALETTE = Binding(
    "ctrl+p", "command_palette", "find", priority=True, id="app.palette", tooltip=_FIND_HELP
)
_FIND = Binding("colon", "command_palette", "find", id="app.find", tooltip=_FIND_HELP)

_CLOSE_NOTICES = Binding(
    "ctrl+l",
    "close_notices",
    "close notices",
    id="app.close_notices",
    tooltip="Close the notices",
)

_SUSPEND = Binding(
    "ctrl+z",
    "suspend_process",
    "suspend",
    id="app.suspend",
    tooltip="Suspend to the shell; fg resumes",
)


class WithHelpAndPalette(App[Any]):
    """An app with a help and a palette of the actions of the current screen."""

    # Not added to Textual's provider: ours also has Textual's commands, after the screen's actions.
    COMMANDS = {_screen_actions}  # noqa: RUF012 (Textual has the annotation)
    BINDINGS: ClassVar[list[BindingType]] = [_HELP, _PALETTE, _FIND, _CLOSE_NOTICES, _SUSPEND]
    _unknown_keys = cached_property(UnknownKeys)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        for node, binding in bindings_of(self.screen, key, priority=priority):
            if await self.run_action(binding.action, node):
                return True
        if not priority:
            self._unknown_keys.report(key)
        return False

    def action_help(self) -> None:
        from studio_tui.tui.frame.actions import actions_of  # noqa: PLC0415 (not at the start)
        from studio_tui.tui.frame.help import HelpScreen  # noqa: PLC0415 (not at the start)

        if isinstance(self.screen, ModalScreen) and not hasattr(self.screen, "help_key"):
            return

        async def run_selected(selected: "Action | None") -> None:
            if selected is not None:
                await self.run_action(selected.action, selected.node)

        # Push the help now, not in a worker, so that it gets the next key.
        self.push_screen(HelpScreen(actions_of(self.screen)), run_selected)

    def action_close_notices(self) -> None:
        close_toasts(self)

    def action_command_palette(self) -> None:
        from studio_tui.tui.palette import PagedPalette  # noqa: PLC0415 (not before it is opened)

        if isinstance(self.screen, ModalScreen):
            return  # not over a dialog
        # Textual checks an id instead, which a palette that is still closing also has.
        if not any(isinstance(screen, PagedPalette) for screen in self.screen_stack):
            self.push_screen(PagedPalette())

    def search_themes(self) -> None:
        from textual.theme import ThemeProvider  # noqa: PLC0415 (not before it is opened)

        from studio_tui.tui.palette import PagedPalette  # noqa: PLC0415 (not before it is opened)

        self.push_screen(PagedPalette(providers=[ThemeProvider], placeholder="Search for themes…"))
