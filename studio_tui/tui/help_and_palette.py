"""The help and the command palette, which are imported on first use, and notices of unknown keys.

Textual does not report a key that nothing handles; see docs/upstream/unhandled-keys.md.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.keys import key_to_character
from textual.screen import ModalScreen

from studio_tui.tui.bindings import bindings_of
from studio_tui.tui.widgets.toasts import notify_here, withdraw

if TYPE_CHECKING:
    from textual.command import Provider

    from studio_tui.tui.frame.actions import Action


class UnknownKeys:
    """The unknown keys pressed in this run."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._explained: set[str] = set()
        self._notice = ""

    def pressed(self, key: str) -> None:
        """Notify that a key does nothing, once per key, if the screen has a help key.

        The notice takes the place of the one about another key: many keys in a row, such as a text
        typed where there is no input, do not cover the screen.
        """
        help_key = getattr(self._app.screen, "help_key", None)
        if help_key is None or key in self._explained:
            return
        self._explained.add(key)
        sign = key_to_character(key) or ""
        # Textual displays only ASCII characters as themselves.
        name = (
            sign
            if sign.strip() and sign.isprintable()
            else self._app.get_key_display(Binding(key, ""))
        )
        withdraw(self._app, self._notice)
        self._notice = f"{name} does nothing here; {help_key} lists the keys"
        notify_here(self._app, self._notice)


def _screen_actions() -> type["Provider"]:
    from studio_tui.tui.palette import ScreenActions  # noqa: PLC0415 (not before it is opened)

    return ScreenActions


_HELP = Binding(
    "question_mark",
    "help",
    "help",
    key_display="?",
    id="app.help",
    tooltip="Show all keys of this screen",
)


class WithHelpAndPalette(App[Any]):
    """An app with a help and a palette of the actions of the current screen."""

    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS = {_screen_actions}  # noqa: RUF012 (Textual's own follow ours, in one provider)
    BINDINGS: ClassVar[list[BindingType]] = [
        _HELP,
        Binding(
            "ctrl+z",
            "suspend_process",
            "suspend",
            id="app.suspend",
            tooltip="Suspend to the shell; fg resumes",
        ),
    ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._unknown = UnknownKeys(self)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Run the action of a key, and notify the user if it has none."""
        for node, binding in bindings_of(self.screen, key, priority=priority):
            if await self.run_action(binding.action, node):
                return True
        if not priority:
            self._unknown.pressed(key)
        return False

    def action_help(self) -> None:
        """Show the keys of this screen, and run the chosen action."""
        from studio_tui.tui.frame.actions import actions_of  # noqa: PLC0415 (not at the start)
        from studio_tui.tui.frame.help import HelpScreen  # noqa: PLC0415 (not at the start)

        if isinstance(self.screen, ModalScreen):
            return

        async def do(chosen: "Action | None") -> None:
            if chosen is not None:
                await self.run_action(chosen.action, chosen.node)

        # Push it now, not in a worker, so that it gets the next key.
        self.push_screen(HelpScreen("this screen", actions_of(self.screen)), do)

    def action_command_palette(self) -> None:
        from studio_tui.tui.palette import PagedPalette  # noqa: PLC0415 (not before it is opened)

        # Not over a dialog.
        if isinstance(self.screen, ModalScreen):
            return
        # Checked by type, as an id would conflict with a palette that is still closing.
        if not any(isinstance(screen, PagedPalette) for screen in self.screen_stack):
            self.push_screen(PagedPalette())

    def search_themes(self) -> None:
        from textual.theme import ThemeProvider  # noqa: PLC0415 (not before it is opened)

        from studio_tui.tui.palette import PagedPalette  # noqa: PLC0415 (not before it is opened)

        self.push_screen(PagedPalette(providers=[ThemeProvider], placeholder="Search for themes…"))
