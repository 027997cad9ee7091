"""The dashboard as a Textual app: which screen is in sight, and nothing of what it shows.

Only what the first paint needs is imported here; the wire, the models and the screens are loaded
by a thread while the frame is already in sight.
"""

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen

from studio_tui.clock import monotonic
from studio_tui.errors import (
    ConfigError,
    NoCredentials,
    StudioError,
    TokenOriginChanged,
)
from studio_tui.log import crash_report
from studio_tui.tui.chosen_theme import chosen_theme, keep_chosen
from studio_tui.tui.connected import Connected
from studio_tui.tui.ending.signals import EndsInOrder
from studio_tui.tui.finding import FindsActions
from studio_tui.tui.frame.opening import Choice, Chosen, OpeningScreen, TrustChoice
from studio_tui.tui.frame.screenshots import SavesScreenshots
from studio_tui.tui.sheets import OPENING
from studio_tui.tui.terminal.key_queue import KeyQueue
from studio_tui.tui.theme import ANSI_DARK, ANSI_LIGHT, THEMES
from studio_tui.tui.widgets.toasts import Tells

if TYPE_CHECKING:
    from studio_tui.tui import messages
    from studio_tui.tui.screens import Screens

logger = logging.getLogger(__name__)

_BOTTOM = 2
"""Screens on the stack when a main place is shown: the opening, and the place over it."""

QUIT_WITHIN = 2.0
"""Seconds within which a second q leaves."""


Connect = Callable[[Choice | None], Connected]
"""Makes a way to Studio, in a thread; raises `StudioError`."""


def _is_of_pipeline(screen: Screen[Any]) -> bool:
    """Return whether a screen is the graph of a pipeline."""
    return getattr(screen, "belongs_to", "") == "pipelines"


@contextmanager
def _saying_errors(app: App[int]) -> Iterator[None]:
    """Say why a page cannot be shown."""
    try:
        yield
    except StudioError as error:
        app.notify(str(error), severity="error", markup=False)


class StudioApp(KeyQueue, EndsInOrder, FindsActions, SavesScreenshots, Tells, App[int]):
    """The dashboard."""

    TITLE = "studio-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before all others, so that it also works while the handler of another key hangs.
        Binding(
            "ctrl+q",
            "quit",
            "quit",
            id="app.quit",
            priority=True,
            tooltip="Leave the dashboard",
        ),
    ]

    def __init__(
        self,
        connect: Connect,
        *,
        theme: str,
        waiting_for: str,
        first: Choice | None = None,
        is_theme_given: bool = True,
    ) -> None:
        """Take how to reach Studio, the first choice if it is made, and what to say meanwhile.

        A theme that is not given gives way to one that the user chose in an earlier run.
        """
        # Without colours Textual greys colours, but must leave the terminal's own as they are.
        plain = bool(os.environ.get("NO_COLOR")) and theme in {ANSI_DARK, ANSI_LIGHT}
        super().__init__(css_path=OPENING, ansi_color=plain or None)
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme if is_theme_given else chosen_theme(self) or theme
        self._connect_by = connect
        self._first = first
        self._waiting_for = waiting_for
        self._places: Screens | None = None
        self._connected: Connected | None = None
        self._quit_asked = -QUIT_WITHIN

    def get_default_screen(self) -> OpeningScreen:
        """Show the frame first."""
        return OpeningScreen(self._waiting_for)

    def on_ready(self) -> None:
        """Connect, once the frame is painted."""
        keep_chosen(self)
        self._reach(self._first)

    # Reaching Studio.

    @work(name="connect", group="connect", thread=True, exclusive=True)
    def _reach(self, choice: Choice | None) -> None:
        try:
            connected = self._connect_by(choice)
        except TokenOriginChanged as error:
            self.call_from_thread(self._ask_trust, error)
        except NoCredentials as error:
            self.call_from_thread(self._welcome, str(error))
        except ConfigError as error:
            self.call_from_thread(self._cannot, str(error))
        else:
            # Not before the first paint: this loads the wire, the models and every screen.
            from studio_tui.tui.screens import Screens  # noqa: PLC0415

            self.call_from_thread(self._enter, connected, Screens(connected))

    @work(name="enter", group="enter")
    async def _enter(self, connected: Connected, places: "Screens") -> None:
        await self._leave_studio()
        self._connected, self._places = connected, places
        self._poll(connected)
        self._show_tab(places.last.tab)
        self._return(connected, places)
        self._settle(connected)
        self._ask_about_unsettled(connected)
        for note in connected.notes:
            self.notify(note, severity="warning", markup=False)
        self._begin_with_samples(connected)

    async def _leave_studio(self) -> None:
        """End what is left of an earlier connection: its polling, its screens, its sockets."""
        if self._connected is None or self._places is None:
            return
        self._places.remember()
        self.workers.cancel_group(self, "poll")
        while len(self.screen_stack) >= _BOTTOM:
            self.pop_screen()
        for name, page in self._places.tabs.items():
            self.uninstall_screen(name)
            await page.remove()
        await self._connected.session.client.aclose()

    def _welcome(self, why: str) -> None:
        from studio_tui.tui.frame.welcome import WelcomeScreen  # noqa: PLC0415 (needed by few)

        self._show_at_bottom(WelcomeScreen(why))

    def on_token_refused(self, message: "messages.TokenRefused") -> None:
        """Offer to enter another token, over what is known so far."""
        from studio_tui.tui.frame.welcome import WelcomeScreen  # noqa: PLC0415 (needed by few)

        if self._connected and not isinstance(self.screen, WelcomeScreen):
            why = f"{message.why} Everything has stopped; esc goes back to what was known."
            self.push_screen(WelcomeScreen(why, url=self._connected.url, team=self._connected.team))

    def _cannot(self, why: str) -> None:
        """Say what is wrong where there is something to be done, else on the way out."""
        from studio_tui.tui.frame.welcome import WelcomeScreen  # noqa: PLC0415 (needed by few)

        if isinstance(self.screen, WelcomeScreen):
            self.screen.say(why)
        else:
            self.exit(2, message=Text(why))

    @work(name="trust", group="connect")
    async def _ask_trust(self, error: TokenOriginChanged) -> None:
        from studio_tui.tui.frame.dialogs import confirm_token  # noqa: PLC0415 (needed by few)

        if await self.push_screen_wait(confirm_token(error)):
            self._reach(TrustChoice(error.url))
        else:
            self.exit(2, message=Text(str(error)))

    @on(Chosen)
    def _chosen(self, message: Chosen) -> None:
        self._reach(message.choice)

    @work(name="poll", group="poll")
    async def _poll(self, connected: Connected) -> None:
        await connected.session.run()

    @work(name="return", group="poll")
    async def _return(self, connected: Connected, places: "Screens") -> None:
        """Open the page again that was in sight in the run before, unless the user is elsewhere."""
        page = places.last.opening()
        if page is not None:
            await connected.session.jobs.first()
            if self.screen is places.tab(places.last.tab):
                self.post_message(page)

    @work(name="settle", group="poll")
    async def _settle(self, connected: Connected) -> None:
        """Spare the garbage collector what is there for good, once the first list is shown.

        Going through all modules and models again and again would hold up keys by 50 ms.
        """
        await connected.session.jobs.first()
        gc.freeze()

    @work(name="samples", group="command")
    async def _begin_with_samples(self, connected: Connected) -> None:
        """Offer something to look at, where there is nothing yet."""
        from studio_tui.tui.jobs.sample_work import begin_with  # noqa: PLC0415 (only the first time)

        if connected.samples:
            await begin_with(self, connected.session, connected.samples)

    def on_create_job(self, message: "messages.CreateJob") -> None:
        """Create a job, whatever becomes of the screen that asked for it."""
        if self._connected:
            self._create(self._connected, message)

    @work(name="create", group="command")
    async def _create(self, connected: Connected, message: "messages.CreateJob") -> None:
        from studio_tui.tui.jobs.create import make_job  # noqa: PLC0415 (not before it is used)

        await make_job(self, connected.session.creating, message.wish, message.files)

    @work(name="unsettled", group="poll")
    async def _ask_about_unsettled(self, connected: Connected) -> None:
        if left := await connected.session.unsettled():
            from studio_tui.tui.jobs.create import ask_about_left  # noqa: PLC0415 (rarely needed)

            await ask_about_left(self, connected.session.creating, left)

    # Going from screen to screen.

    def on_open_job(self, message: "messages.OpenJob") -> None:
        """Show everything about a job."""
        if self._places and (page := self._places.job(message.job_id, message.among)):
            self.push_screen(page)

    def on_open_log(self, message: "messages.OpenLog") -> None:
        """Show a job's log."""
        with _saying_errors(self):
            if self._places and (page := self._places.log(message.job_id)):
                self.push_screen(page)

    def on_open_logs(self, message: "messages.OpenLogs") -> None:
        """Show the merged log of some jobs."""
        with _saying_errors(self):
            if self._places:
                self._places.merge(message.job_ids, message.jobs)
                self._show_over("logs")

    def on_open_pipeline(self, message: "messages.OpenPipeline") -> None:
        """Show the graph of a pipeline."""
        if self._places:
            self.push_screen(self._places.pipeline(message.pipeline_id, message.run_id))

    def on_filter_jobs(self, message: "messages.FilterJobs") -> None:
        """Show the jobs that pass a filter."""
        if self._places:
            self._show_over("jobs")
            self._places.filter_jobs(message.terms)

    def on_open_form(self, message: "messages.OpenForm") -> None:
        """Show the form of a new job."""
        if self._places:
            self.push_screen(self._places.form(message.draft, message.about))

    @work(name="edit", group="command")
    async def on_edit_jobs(self, message: "messages.EditJobs") -> None:
        """Show the form of jobs that are to be changed and run."""
        with _saying_errors(self):
            if self._places and (page := await self._places.edit(message.job_ids)):
                self.push_screen(page)

    def on_job_created(self, message: "messages.JobCreated") -> None:
        """Go from the form to the list, where the new job gets the cursor; or to its pipeline."""
        while any(_is_of_pipeline(screen) for screen in self.screen_stack[_BOTTOM:-1]):
            self.pop_screen()
            if _is_of_pipeline(self.screen):
                return
        if self._places:
            self._show_tab("jobs")
            self._places.await_job(message.job_id)

    def on_go_to(self, message: "messages.GoTo") -> None:
        """Show one of the main places, leaving what lies above it."""
        self._show_tab(message.place)

    def on_go_back(self) -> None:
        """Leave a screen; the last one only when asked twice. A question is answered first."""
        if isinstance(self.screen, ModalScreen):
            return
        if len(self.screen_stack) > _BOTTOM:
            self.pop_screen()
            if self._places:
                self._places.came_back()
        elif monotonic() - self._quit_asked < QUIT_WITHIN:
            self.exit(0)
        else:
            self._quit_asked = monotonic()
            self.notify("Press q again to leave; jobs run on", timeout=QUIT_WITHIN)

    def _show_tab(self, name: str) -> None:
        if self._places:
            self._show_at_bottom(self._installed(self._places, name))

    def _show_over(self, name: str) -> None:
        """Show one of the main places over the page that asked, so that q goes back there."""
        if self._places is None:
            return
        tab = self._installed(self._places, name)
        if tab not in self.screen_stack:
            self.push_screen(tab)
        while self.screen is not tab:
            self.pop_screen()

    def _installed(self, places: "Screens", name: str) -> "Screen[None]":
        """Return a place that lives on while another is shown, and so keeps the user's place."""
        tab = places.tab(name)
        if not self.is_screen_installed(tab):
            self.install_screen(tab, name)
        return tab

    def _show_at_bottom(self, screen: Screen[None]) -> None:
        """Show `screen` with nothing but the opening below it, and nothing above."""
        while len(self.screen_stack) > _BOTTOM:
            self.pop_screen()
        if self.screen is screen:
            return
        if len(self.screen_stack) == _BOTTOM:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def on_app_focus(self) -> None:
        """Ask as often as is pleasant to look at."""
        if self._connected:
            self._connected.session.focus(focused=True)

    def on_app_blur(self) -> None:
        """Ask less often."""
        if self._connected:
            self._connected.session.focus(focused=False)

    def exit(self, *how: Any, **named: Any) -> None:
        """End the program; the next run begins with the screen in sight."""
        if self._places:
            self._places.note_screen(self.screen_stack)
        super().exit(*how, **named)

    async def on_unmount(self) -> None:
        """Remember the user's place, and hang up."""
        if self._places and self._connected:
            self._places.remember()
            await self._connected.session.client.aclose()

    def _fatal_error(self) -> None:
        """End on a bug with a traceback that shows no variable's value: one may be the token."""
        error = sys.exc_info()[1]
        report = crash_report(error) if error is not None else "The program ended by a bug.\n"
        logger.critical("the program ended by a bug\n%s", report)
        self._exit_renderables.append(Text(report))
        self._close_messages_no_wait()
