"""The base of all main screens: the frame, the keys that work everywhere, and subscriptions."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.screen import ModalScreen, Screen

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.tui.frame.bulk import show_report
from studio_tui.tui.frame.commands import (
    Basics,
    Command,
    CommandSet,
    HasCommands,
    Host,
    Severity,
    bindings,
)
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.listening import Subscriptions
from studio_tui.tui.frame.opening import ReadAgain, crumb_parts
from studio_tui.tui.frame.page_bars import (
    TABS,
    KeyHints,
    age_parts,
    help_parts,
    tab_and_count_parts,
)
from studio_tui.tui.messages import GoBack, GoTo, OpenDatasets, Refreshed
from studio_tui.tui.quick_handlers import FindsHandlersOnce
from studio_tui.tui.sheets import PAGES
from studio_tui.tui.stacking import SCREENS_AT_BOTTOM
from studio_tui.tui.widgets.bar import Bar
from studio_tui.tui.widgets.cropped_compositor import crop_rendering
from studio_tui.tui.widgets.toasts import close_toasts, hide_toasts, notify_here

Answer = TypeVar("Answer")


def _tab_command(key: str, name: str, title: str) -> Command["Page"]:
    def show_tab(page: "Page") -> None:
        page.post_message(GoTo(name))

    return Command(f"page.{name}", key, title, f"Show the {title.lower()}", show_tab)


def undo(page: Host) -> None:
    """Undo the latest command that is waiting to be sent, if there is any."""
    undone = page.session.held.undo()
    if undone:
        page.notify_user(f"Undone: {undone}. It was not sent")
    else:
        notify_here(page.app, "There is nothing to undo")


def _is_replay(page: "Page") -> bool:
    return page.session.replay is not None


def _toggle_replay(page: "Page") -> None:
    if page.session.replay is not None:
        page.session.replay.pause_or_resume()
        page.paint_age()


def _step_replay(page: "Page", *, back: bool) -> None:
    if page.session.replay is not None:
        page.session.replay.step(back=back)
        page.paint_age()


def _show_datasets(page: "Page") -> None:
    page.post_message(OpenDatasets(page.job_ids_at_hand()))


COMMANDS: tuple[Command["Page"], ...] = (
    Command(
        "page.back",
        "q",
        "back",
        "Go back one screen; on the first one, press twice to quit",
        lambda page: page.back(),
    ),
    Command(
        "page.escape",
        "escape",
        "back",
        "End a filter, search or selection, or go back; on a tab, close the notices",
        lambda page: page.escape(),
    ),
    Command("page.refresh", "ctrl+r,f5", "refresh", "Refresh now", lambda page: page.ask_again()),
    Command(
        "page.report", "f8", "report", "Show the outcome of the last bulk command", show_report
    ),
    Command(
        "page.undo",
        "z",
        "undo",
        "Undo the command that is about to be sent, or a removal from a merged log",
        undo,
    ),
    Command(
        "page.datasets",
        "f2",
        "datasets",
        "Show the datasets: their versions, the jobs that made them, and which are out of date",
        _show_datasets,
    ),
    Command(
        "page.replay",
        "backslash",
        "pause",
        "In a replay: pause or continue",
        _toggle_replay,
        applies=_is_replay,
    ),
    Command(
        "page.replay_back",
        "comma",
        "previous change",
        "In a replay: pause at the previous change",
        lambda page: _step_replay(page, back=True),
        applies=_is_replay,
    ),
    Command(
        "page.replay_on",
        "semicolon",
        "next change",
        "In a replay: pause at the next change",
        lambda page: _step_replay(page, back=False),
        applies=_is_replay,
    ),
    *(_tab_command(*tab) for tab in TABS),
)


class Page(HasCommands, FindsHandlersOnce, Screen[None]):
    """A main screen: two rows of header, the body of the subclass, one row of footer."""

    CSS_PATH = PAGES
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    top_bar = query_one("#top", Bar)
    tab_bar = query_one("#tabs", Bar)
    key_bar = query_one("#keys", Bar)

    tab = ""
    """Empty for a page over a tab."""
    leads_to_pages = False
    """Whether pages over this one show its breadcrumbs before their own."""
    help_key = "?"
    belongs_to = "jobs"
    """The tab that the header highlights, for a page over a tab."""
    hidden_marks = 0

    def __init__(self, basics: Basics) -> None:
        super().__init__()
        crop_rendering(self)
        self.commands = CommandSet(self)
        self.commands.add_to(self, COMMANDS)
        self.session, self.home, self.read_only = basics
        self.subscriptions = Subscriptions(self, self._each_second)
        self._key_hints = KeyHints(self)

    # The interface for controllers.

    def notify_user(self, words: str, severity: Severity = "information") -> None:
        """Show a notification."""
        self.app.notify(words, severity=severity, markup=False)

    async def ask(self, question: Dialog[Answer]) -> Answer:
        return await self.app.push_screen_wait(question)

    # For subclasses to override.

    def job_ids_at_hand(self) -> Sequence[str]:
        """Return the ids of the jobs that the page, or the row under the cursor, shows."""
        return ()

    @abstractmethod
    def body(self) -> ComposeResult:
        """Compose the content between header and footer."""

    def crumbs(self) -> tuple[str, ...]:
        """Return the breadcrumbs."""
        return ()

    def hints(self) -> Iterable[str]:
        """Return ids of bindings for the footer, the most useful first."""
        return ()

    def label(self, binding: Binding) -> str:
        """Return the label of a key in the footer."""
        is_first = self in self.app.screen_stack[:SCREENS_AT_BOTTOM]
        return "quit" if binding.id == "page.back" and is_first else self.commands.label(binding)

    def pollers(self) -> tuple[SnapshotPublisher[Any], ...]:
        """Return the sources to which the page subscribes, with those of the frame."""
        session = self.session
        return (*session.pollers, session.batches, session.endings, session.held)

    def source_of_age(self) -> SnapshotPublisher[Any]:
        """Return the source of the data whose age the header shows."""
        return self.session.jobs

    def tick(self, now: datetime) -> None:
        """Update texts that change with time; called each second while the page is shown."""

    def note_place(self) -> None:
        """Save in the view those parts of the user's place that are not saved as they change."""

    def moment(self) -> datetime:
        """Return the time for which ages are shown: now, or when Studio stopped answering."""
        return self.source_of_age().snapshot.moment(clock.now())

    # The frame.

    def compose(self) -> ComposeResult:
        yield Bar(id="top")
        yield Bar(id="tabs")
        yield from self.body()
        yield Bar(id="keys", cuts=False)

    def on_mount(self) -> None:
        self.paint_frame()

    @on(events.ScreenResume)
    def _begin_updates(self) -> None:
        for message in self.subscriptions.begin(self.pollers()):
            self._handle_refreshed(message)
        if self.is_alive:
            self.tick(self.moment())
        self.paint_frame()

    @on(events.ScreenSuspend)
    def _end_updates(self) -> None:
        hide_toasts(self)
        self.commands.note_suspended()
        # Below a dialog the page is still visible, and must keep updating.
        if isinstance(self.app.screen, ModalScreen):
            self.paint_frame()
        else:
            self._unsubscribe()

    def on_resize(self) -> None:
        self.paint_frame()

    def on_descendant_focus(self) -> None:
        self.paint_hints()

    def on_unmount(self) -> None:
        self._unsubscribe()

    @on(Refreshed)
    def _handle_refreshed(self, message: Refreshed) -> None:
        is_news = self.subscriptions.note_value(message)
        self.refreshed(message, is_news=is_news)
        self.subscriptions.report_refusals(message, of_team=message.name == self.session.jobs.name)
        if is_news:
            self.paint_frame()
        else:
            self.paint_age()

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Update the page; without `is_news`, the poller's value has not changed."""

    def paint_frame(self) -> None:
        """Repaint the header and the footer."""
        self.top_bar.left = crumb_parts(self.home, self.crumbs())
        self.paint_age()
        current = self.tab or self.belongs_to
        tabs, counts = tab_and_count_parts(self.session, current, self.size.width)
        self.tab_bar.left, self.tab_bar.right = tabs, counts
        self.paint_hints()

    def paint_age(self) -> None:
        """Repaint the age of the data, and the right side of the footer."""
        now, session = clock.now(), self.session
        self.key_bar.right = help_parts(self, self.help_key, session, now)
        self.top_bar.right = age_parts(self.source_of_age().snapshot, now, session, self.read_only)

    def paint_hints(self) -> None:
        """Repaint the key hints."""
        self.key_bar.left = self._key_hints.parts(self.hints(), self.label)

    # The keys.

    def back(self) -> None:
        """Go back one screen; on a tab, quit if called twice."""
        self.post_message(GoBack())

    def escape(self) -> None:
        """Go back one screen, or on a tab close the notices."""
        if self.tab:
            close_toasts(self.app)
        else:
            self.back()

    def ask_again(self) -> None:
        """Poll Studio at once, after reading the settings again."""
        self.subscriptions.forget_team_refusal()
        self.post_message(ReadAgain())

    async def action_press(self, key: str) -> None:
        if active := self.active_bindings.get(key):
            await self.app.run_action(active.binding.action, active.node)

    @on(Bar.Clicked)
    async def _clicked(self, message: Bar.Clicked) -> None:
        await self.run_action(message.action)

    def _unsubscribe(self) -> None:
        """An override also ends other updates that only a visible page needs."""
        self.subscriptions.end()

    def _each_second(self) -> None:
        self.paint_age()
        self.tick(self.moment())


def newer_version(page: Page, job: Job, message: Refreshed, *, is_news: bool) -> Job | None:
    """Return the newer version of `job` in a message of the poller of jobs, if any."""
    answer = message.snapshot.value
    if message.name != page.session.jobs.name or not is_news or answer is None:
        return None
    return next((each for each in answer.jobs if each.id == job.id and each is not job), None)
