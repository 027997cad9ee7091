"""The Textual app: connects to Studio and switches between screens.

The imports at the top are only of modules that the first paint needs.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from rich.text import Text
from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from studio_tui.clock import monotonic
from studio_tui.errors import ConfigError, NoCredentials, TokenOriginChanged
from studio_tui.tui import first_steps
from studio_tui.tui.frame.opening import (
    OpeningScreen,
    ReadAgain,
    StudioChosen,
    load_last_list,
    opening_screen,
)
from studio_tui.tui.frame.screenshots import SavesScreenshots
from studio_tui.tui.help_and_palette import WithHelpAndPalette
from studio_tui.tui.sheets import OPENING, OPENING_LIST
from studio_tui.tui.stacking import (
    SCREENS_AT_BOTTOM,
    close_top_page,
    failure_as_notification,
    install_tab,
    show_at_bottom,
    show_over,
)
from studio_tui.tui.styling import (
    apply_theme,
    chosen_theme,
    keeps_palette,
    save_chosen_theme,
    variables_of_theme,
)
from studio_tui.tui.terminal.exit import HandlesExit
from studio_tui.tui.terminal.key_queue import KeyQueue, keys_held
from studio_tui.tui.widgets.toasts import ShowsToasts, notify_here
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui import messages
    from studio_tui.tui.connected import Connected
    from studio_tui.tui.frame.choices import Choice
    from studio_tui.tui.frame.notices import Notices
    from studio_tui.tui.frame.welcome import WelcomeScreen
    from studio_tui.tui.recovery import Restarter
    from studio_tui.tui.remembering import PlaceKeeper
    from studio_tui.tui.screens import Screens

QUIT_WITHIN = 2.0
"""Seconds within which `q` on a tab, or `ctrl+c`, must be pressed again."""

Connect: TypeAlias = "Callable[[Choice | None], Connected]"
"""Connects as the user chose, or with `None` as the settings say.

Called in a thread. Raises `ConfigError`.
"""


def _visible_form(app: App[int]) -> "WelcomeScreen | None":
    if not app.screen_stack:
        return None  # the app has ended
    is_form = getattr(app.screen, "asks_how_to_connect", False)
    return cast("WelcomeScreen", app.screen) if is_form else None


async def _first_request_fails(app: App[int], connected: "Connected") -> bool:
    """Return whether a first request to Studio fails; make one only if the form is open."""
    if (form := _visible_form(app)) is None:
        return False
    from studio_tui.tui.recovery import first_request_fails  # noqa: PLC0415 (rarely needed)

    return await first_request_fails(connected, form)


def _show_form(app: App[int], why: str) -> None:
    from studio_tui.tui.frame.welcome import WelcomeScreen  # noqa: PLC0415 (rarely needed)

    show_at_bottom(app, WelcomeScreen(why))


def _show_error_or_quit(app: App[int], error: str) -> None:
    if form := _visible_form(app):
        form.show_problem(error)
    else:
        app.exit(return_code=2, message=Text(error))


_QUIT = Binding(
    "ctrl+q", "quit", "quit", id="app.quit", priority=True, tooltip="Quit the dashboard"
)
"""Has priority, so that it also works while the handler of another key hangs."""


class StudioApp(KeyQueue, HandlesExit, WithHelpAndPalette, SavesScreenshots, ShowsToasts, App[int]):
    """The dashboard."""

    TITLE = "studio-tui"
    BINDINGS: ClassVar[list[BindingType]] = [_QUIT]
    get_css_variables = variables_of_theme

    def __init__(
        self,
        connect: Connect,
        *,
        theme: str,
        waiting_for: str,
        first_choice: "Choice | None" = None,
        is_theme_fixed: bool = True,
        last_list_file: Path | None = None,
    ) -> None:
        """Make an app that connects to Studio with `connect(first_choice)`.

        While connecting, it shows the words `waiting_for` and the list in `last_list_file`. A theme
        chosen earlier replaces `theme`, unless `is_theme_fixed`.
        """
        self._last_list = load_last_list(last_list_file)
        sheets = OPENING_LIST if self._last_list else OPENING
        super().__init__(css_path=sheets, ansi_color=keeps_palette(theme) or None)
        apply_theme(self, lambda: theme if is_theme_fixed else chosen_theme(self, theme))
        self._connect = connect
        self._first_choice = first_choice
        self._waiting_for = waiting_for
        self._last_list_file = last_list_file
        self._screens: Screens | None = None
        self._connected: Connected | None = None
        self._reported_refusal: messages.StudioRefused | None = None
        self._restarter: Restarter | None = None
        self._place_keeper: PlaceKeeper | None = None
        self._quit_pressed_at = -QUIT_WITHIN
        """In seconds of the monotonic clock."""
        self._notices: Notices

    def get_default_screen(self) -> OpeningScreen:
        return opening_screen(self._waiting_for, self._last_list)

    def on_ready(self) -> None:
        first_steps.collect_garbage()
        save_chosen_theme(self)
        self._begin_connecting(self._first_choice)

    # Connecting.

    @work(name="connect", group="connect", thread=True, exclusive=True)
    def _begin_connecting(self, choice: "Choice | None") -> None:
        try:
            connected = replace(self._connect(choice), choice=choice)
        except TokenOriginChanged as error:
            self.call_from_thread(self._ask_trust, error)
        except NoCredentials as error:
            self.call_from_thread(_show_form, self, str(error))
        except ConfigError as error:
            self.call_from_thread(_show_error_or_quit, self, str(error))
        else:
            from studio_tui.tui.screens import Screens  # noqa: PLC0415 (it imports the models)

            self.call_from_thread(self._enter_if_it_answers, connected, Screens(connected))

    @work(name="check", group="connect")
    async def _enter_if_it_answers(self, connected: "Connected", screens: "Screens") -> None:
        """Switch to a Studio; an open form stays with its input until Studio answers."""
        if not await _first_request_fails(self, connected):
            self._enter(connected, screens)

    @work(name="enter", group="enter")
    async def _enter(self, connected: "Connected", screens: "Screens") -> None:
        await self._leave_studio()
        if not self.is_running:
            return  # the user has quit meanwhile
        self._connected, self._screens, self._reported_refusal = connected, screens, None
        from studio_tui.tui import remembering  # noqa: PLC0415 (not before the first paint)
        from studio_tui.tui.frame import notices  # noqa: PLC0415 (not before the first paint)

        session = connected.session
        self._notices = notices.Notices(self, session.endings, quiet=connected.quiet)
        session.records.database.warn = partial(
            self.notify, severity="warning", markup=False, timeout=20
        )
        self._poll(connected, screens.last.tab)
        self._restart_when_dead(connected)
        remembering.hold_keys(self, screens.tab(screens.last.tab))
        self._show_tab(screens.last.tab)
        self._keep_place_up_to_date(connected, screens)
        first_steps.begin(self, connected)

    async def _leave_studio(self) -> None:
        if self._connected is None or self._screens is None:
            return
        self._keep_place()
        self._place_keeper = self._restarter = None  # they would act on the next Studio
        self._connected.session.held.undo_all()
        self._notices.stop()
        self.workers.cancel_group(self, "poll")
        while len(self.screen_stack) >= SCREENS_AT_BOTTOM:
            self.pop_screen()
        for name, page in self._screens.tabs.items():
            self.uninstall_screen(name)
            await page.remove()
        await self._connected.session.client.aclose()

    def on_studio_refused(self, message: "messages.StudioRefused") -> None:
        """Open the form, once even if several pages ask for it."""
        from studio_tui.tui.recovery import show_form  # noqa: PLC0415 (rarely needed)

        is_reported = message == self._reported_refusal
        if self._connected and not is_reported and _visible_form(self) is None:
            self._reported_refusal = message
            showing = partial(show_form, self, self._connected, message)
            start_worker(self, showing, name="refused", group="poll")

    @on(ReadAgain)
    @work(name="renew", group="connect", exclusive=True)
    async def _read_again(self) -> None:
        """Apply changed settings, such as a token; without a connection, connect again."""
        from studio_tui.tui.recovery import read_again  # noqa: PLC0415 (rarely needed)

        self._reported_refusal = None
        if self._connected is None:
            self._begin_connecting(self._first_choice)
            return
        if self._restarter is not None:
            self._restarter.request_restart()
        if await read_again(self, self._connected, _visible_form(self)):
            self._begin_connecting(self._connected.choice)

    @work(name="trust", group="connect")
    async def _ask_trust(self, error: TokenOriginChanged) -> None:
        from studio_tui.tui.recovery import ask_trust  # noqa: PLC0415 (rarely needed)

        if choice := await ask_trust(self, error):
            self._begin_connecting(choice)
        else:
            self.exit(return_code=2, message=Text(str(error)))

    def on_studio_chosen(self, message: StudioChosen) -> None:
        self._begin_connecting(message.choice)

    @work(name="poll", group="poll")
    async def _poll(self, connected: "Connected", tab: str) -> None:
        await connected.session.run(tab)

    @work(name="revive", group="poll")
    async def _restart_when_dead(self, connected: "Connected") -> None:
        if connected.restartable is not None and self._screens is not None:
            from studio_tui.tui.recovery import Restarter  # noqa: PLC0415 (rarely needed)

            self._restarter = Restarter(connected, connected.restartable, self.notify)
            await self._restarter.run()

    @work(name="return", group="poll")
    async def _keep_place_up_to_date(self, connected: "Connected", screens: "Screens") -> None:
        from studio_tui.tui import remembering  # noqa: PLC0415 (not before the first paint)

        # The next run begins with the first choice again, not with a choice made in the form.
        is_first_choice = connected.choice == self._first_choice
        list_file = self._last_list_file if is_first_choice else None
        self._place_keeper = keeper = remembering.PlaceKeeper(self, connected, screens, list_file)
        await remembering.report_unsent_commands(self, connected.session)
        await keeper.run()

    def on_open_job(self, message: "messages.OpenJob") -> None:
        if self._screens and (page := self._screens.job_page(message)):
            self.push_screen(page)

    def on_open_log(self, message: "messages.OpenLog") -> None:
        with failure_as_notification(self):
            if self._screens and (page := self._screens.log_page(message)):
                show = self.switch_screen if message.in_place else self.push_screen
                show(page)

    def on_open_logs(self, message: "messages.OpenLogs") -> None:
        if self._screens is not None:
            with failure_as_notification(self):
                self._screens.show_merged_logs(message)
                show_over(self, install_tab(self, self._screens.tab("logs"), "logs"))

    def on_open_pipeline(self, message: "messages.OpenPipeline") -> None:
        if self._screens:
            self.push_screen(self._screens.pipeline_page(message.pipeline_id, message.run_id))

    @work(name="datasets", group="datasets", exclusive=True)
    async def on_open_datasets(self, message: "messages.OpenDatasets") -> None:
        if self._screens:
            await self._screens.show_datasets(self, message.job_ids)

    def on_filter_list(self, message: "messages.FilterList") -> None:
        if self._screens:
            self._screens.filter_list(message.tab, message.terms)
            show_over(self, install_tab(self, self._screens.tab(message.tab), message.tab))

    @work(name="plan", group="command")
    async def on_schedule_pipeline(self) -> None:
        if self._screens:
            await self._screens.show_schedule_form(self)

    def on_await_row(self, message: "messages.AwaitRow") -> None:
        if self._screens:
            self._screens.await_row(message.tab, message.key)

    def on_open_form(self, message: "messages.OpenForm") -> None:
        if self._screens:
            self.push_screen(self._screens.job_form(message))

    @work(name="edit", group="command")
    async def on_edit_jobs(self, message: "messages.EditJobs") -> None:
        with failure_as_notification(self), keys_held(self):
            if self._screens and (page := await self._screens.edit_form(message)):
                await self.push_screen(page)

    def on_job_created(self, message: "messages.JobCreated") -> None:
        """Close the form; if it was opened from a list, show the new job in the list of its tab."""
        from studio_tui.tui.frame.list_page import ListPage  # noqa: PLC0415 (not before it is used)
        from studio_tui.tui.jobs.create import notify_created  # noqa: PLC0415 (not before it is used)

        close_top_page(self)
        is_on_list = isinstance(self.screen, ListPage)
        if self._screens and is_on_list:
            self._show_tab(message.tab)
            self._screens.await_row(message.tab, message.created.job.id)
        is_newer_run = message.is_newer_run and not is_on_list
        notify_created(self, message.created, is_newer_run=is_newer_run)

    def on_go_to(self, message: "messages.GoTo") -> None:
        self._show_tab(message.tab)
        if self._screens and message.action:
            page = self._screens.tab(message.tab)
            page.call_after_refresh(page.run_action, message.action)

    def on_go_back(self) -> None:
        """Close the top page, unless a dialog covers it.

        On a tab, quit if called twice in a short time; without a connection, quit at once.
        """
        if isinstance(self.screen, ModalScreen):
            return
        if len(self.screen_stack) > SCREENS_AT_BOTTOM:
            self.pop_screen()
            if self._screens:
                self._screens.restore_filters()
        elif self._connected is None:
            self.exit(0)
        else:
            self._quit_if_pressed_twice("q")

    def action_help_quit(self) -> None:
        """Quit if `ctrl+c` is pressed twice; Textual binds this action to that key."""
        self._quit_if_pressed_twice("ctrl+c")

    def _quit_if_pressed_twice(self, key: str) -> None:
        if monotonic() - self._quit_pressed_at < QUIT_WITHIN:
            self.quit_or_ask()
            return
        self._quit_pressed_at = monotonic()
        effects = self._connected.effects_of_quitting if self._connected else ""
        notify_here(self, f"Press {key} again to quit{effects}", seconds=QUIT_WITHIN)

    def _show_tab(self, name: str) -> None:
        if self._screens:
            show_at_bottom(self, install_tab(self, self._screens.tab(name), name))

    def on_app_focus(self) -> None:
        if self._connected:
            self._connected.session.set_focus(focused=True)
            self.call_next(self._notices.clear_badge)  # once Textual has updated `app_focus`

    def on_app_blur(self) -> None:
        if self._connected:
            self._connected.session.set_focus(focused=False)

    def exit(self, *args: Any, **options: Any) -> None:
        self._keep_place()
        super().exit(*args, **options)

    async def on_unmount(self) -> None:
        if self._place_keeper is not None:
            self._place_keeper.save_remaining()
        if self._connected:
            await self._connected.session.client.aclose()

    def _keep_place(self) -> None:
        if self._place_keeper is not None:
            self._place_keeper.save_at_once()
