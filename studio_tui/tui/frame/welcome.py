"""The form on which the user chooses how to connect."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from studio_tui.arguments import DEFAULT_URL
from studio_tui.tui.frame.choices import LocalChoice, TeamChoice, TokenChoice
from studio_tui.tui.frame.dialog import AnsweredOnce
from studio_tui.tui.frame.opening import ReadAgain, StudioChosen
from studio_tui.tui.sheets import WELCOME
from studio_tui.tui.widgets.bar import Bar, Part


class WelcomeScreen(AnsweredOnce, Screen[None]):
    """The screen on which the user chooses a Studio, a token and a team."""

    asks_how_to_connect = True
    """Marks this class for code that must not import it before it is needed."""
    CSS_PATH = WELCOME
    AUTO_FOCUS = ""  # otherwise the first key would go into a hidden input
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "local", "local Studio", id="welcome.local"),
        Binding("2", "token", "use a token", id="welcome.token"),
        Binding("ctrl+r", "read_again", "read settings again", id="welcome.read_again"),
        Binding("q,ctrl+q", "app.quit", "quit", id="welcome.quit"),
        Binding("escape", "back", "back", show=False, id="welcome.back"),
    ]

    def __init__(
        self,
        why: str,
        *,
        url: str = DEFAULT_URL,
        team: str = "",
        teams: Sequence[str] | None = None,
    ) -> None:
        """Make a form with initial values; `why` is a safe sentence that says why it is shown.

        With a `team`, the form is over other screens, and escape closes it. With `teams`, Studio
        has refused the team but not the token, and offers these instead.
        """
        super().__init__()
        self._why = why
        self._url = url
        self._team = team
        self._teams = teams

    def compose(self) -> ComposeResult:
        yield Bar(id="top")
        with Vertical(id="welcome"):
            heading = "Connect to Studio" if self._team else "Welcome to studio-tui"
            yield Static(heading, markup=False, classes="question")
            yield Static(self._why, markup=False, classes="why")
            yield Static(
                "1  The local Studio of this machine. It needs no account: jobs run here,\n"
                "   as you, with all your rights. It is not a sandbox.",
                markup=False,
                classes="choice",
            )
            yield Static(
                "2  A Studio that you have a token for. A token stored by\n"
                "   `datachain auth login` is found automatically.",
                markup=False,
                classes="choice",
            )
            with Vertical(id="token-form"):
                hint = "unchanged, unless you type another" if self._keeps_token else ""
                team = self._teams[0] if self._teams else self._team
                for label, field in (
                    ("URL", Input(self._url, id="url", compact=True)),
                    ("team", Input(team, id="team", compact=True)),
                    ("token", Input(placeholder=hint, password=True, id="token", compact=True)),
                ):
                    with Horizontal(classes="row"):
                        yield Static(label, markup=False, classes="label")
                        yield field
                yield Static(self._form_help(), markup=False, classes="why")
            yield Static(markup=False, id="problem")
        yield Bar(id="keys", cuts=False)

    def on_mount(self) -> None:
        self.query_one("#top", Bar).left = (Part(" studio-tui ", "title"),)
        self.query_one("#token-form").display = False
        self._show_keys()
        if self._team:
            # The inputs have the focus, so 1 and 2 are text and do not choose.
            self.query(".choice").set(display=False)
            self.action_token()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        if self.is_alive:
            self._show_keys()

    def _show_keys(self) -> None:
        again = ("ctrl+r", "read the settings again")
        if isinstance(self.focused, Input):
            keys = (("enter", "connect"), ("tab", "next field"), again, ("esc", "back"))
        else:
            keys = (("1", "local Studio"), ("2", "use a token"), again, ("q", "quit"))
        self.query_one("#keys", Bar).left = tuple(
            part for key, label in keys for part in (Part(f" {key}", "key"), Part(f" {label} "))
        )

    def show_problem(self, problem: str) -> None:
        """Show why a choice did not work, or that it is being tried."""
        self.query_one("#problem", Static).update(problem)

    def action_local(self) -> None:
        self.show_problem("Starting the local Studio…")
        self.post_message(StudioChosen(LocalChoice()))

    def action_token(self) -> None:
        self.query_one("#token-form").display = True
        self.query_one("#token" if self._team and not self._keeps_token else "#team").focus()

    def action_read_again(self) -> None:
        self.show_problem("Reading the settings again…")
        self.post_message(ReadAgain())

    @property
    def _keeps_token(self) -> bool:
        """Whether an empty token keeps the connection's token, as long as the URL is unchanged."""
        return self._teams is not None

    def _form_help(self) -> str:
        explanation = "The token is not shown and not stored. enter connects."
        if not self._teams:
            return explanation
        return f"Teams of your token: {', '.join(self._teams)}. {explanation}"

    def action_back(self) -> None:
        if self.focused is not None and not self._team:
            self.set_focus(None)
        elif self._team:
            self.dismiss()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        values = {
            name: self.query_one(f"#{name}", Input).value.strip()
            for name in ("url", "team", "token")
        }
        # Never send the token of the connection to another Studio.
        keeps_token = self._keeps_token and not values["token"] and values["url"] == self._url
        optional = {"token"} if keeps_token else set()
        missing = [name for name, value in values.items() if not value and name not in optional]
        if missing:
            self.query_one(f"#{missing[0]}").focus()
            self.show_problem(f"Still needed: {', '.join(missing)}")
            return
        self.show_problem("Connecting…")
        choice = TeamChoice(values["team"]) if keeps_token else TokenChoice(**values)
        self.post_message(StudioChosen(choice))
