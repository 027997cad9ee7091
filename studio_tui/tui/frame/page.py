"""What all main screens share: the frame, the keys that work everywhere, and the listening.

A page listens to pollers only while it is shown, so that nothing is asked that nobody looks at.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence, Sized
from datetime import datetime
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.getters import query_one
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.errors import AuthenticationError, PermissionDenied, StudioError
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.freshness import Aged, freshness
from studio_tui.presentation.jobs.states import counts
from studio_tui.service.polling.poller import Poller
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.actions import reason_against
from studio_tui.tui.frame.opening import ReadAgain
from studio_tui.tui.messages import GoBack, GoTo, Refreshed, TeamRefused, TokenRefused
from studio_tui.tui.sheets import PAGES
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.lifetime import Lifetime

PLACES = (
    ("1", "jobs", "Jobs"),
    ("2", "pipelines", "Pipelines"),
    ("3", "clusters", "Clusters"),
    ("4", "schedules", "Schedules"),
    ("5", "logs", "Logs"),
)
"""Key, name and title of the tabs."""

WORDS_FROM = 110
"""Columns from which the counts of states stand in words too, if these fit."""

HINTS = 6
"""Keys that the footer shows, beside help."""


class Page(Lifetime, Screen[None]):
    """A main screen: two rows of header, the body of the subclass, one row of footer."""

    CSS_PATH = PAGES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q",
            "back",
            "back",
            id="page.back",
            tooltip="Back one screen; twice at the first to leave",
        ),
        Binding("escape", "escape", "back", id="page.escape", show=False, tooltip="Back out"),
        Binding(
            "ctrl+r,f5",
            "refresh_now",
            "refresh",
            id="page.refresh",
            tooltip="Ask Studio again now",
        ),
        *(
            Binding(
                key,
                f"go('{name}')",
                title,
                id=f"page.{name}",
                tooltip=f"Show the {title.lower()}",
            )
            for key, name, title in PLACES
        ),
    ]

    top_bar = query_one("#top", Bar)
    tab_bar = query_one("#tabs", Bar)
    key_bar = query_one("#keys", Bar)

    place = ""
    """Name of the tab that this page is; empty for a page over another."""
    belongs_to = "jobs"
    """Name of the tab that a page over another is about."""

    def __init__(self, session: StudioSession, home: str, *, read_only: bool) -> None:
        """Take what the page asks, and the words that say whose Studio it is."""
        super().__init__()
        self.session = session
        self.home = home
        """`team@host`, safe text."""
        self.read_only = read_only
        self._unsubscribe: list[Callable[[], None]] = []
        self._refusal: AuthenticationError | None = None
        self._denial = ""
        self._seen: dict[str, object] = {}
        """The value last taken over of each poller, to tell news from the same again."""
        self._hintable: tuple[Widget | None, dict[str | None, ActiveBinding]] = (None, {})
        """The bindings by id, and the widget in focus when they were looked up."""

    # What a subclass says of itself.

    @abstractmethod
    def body(self) -> ComposeResult:
        """Compose what stands between header and footer."""

    def crumbs(self) -> tuple[str, ...]:
        """Return the way to what is shown."""
        return ()

    def hints(self) -> Iterable[str]:
        """Return the ids of the bindings most useful now, most useful first."""
        return ()

    def label(self, binding: Binding) -> str:
        """Return what the footer says that a key does now."""
        return binding.description

    def pollers(self) -> tuple[Poller[Any], ...]:
        """Return what this page listens to; the header's counts come from these."""
        session = self.session
        return (session.jobs, session.clusters, session.schedules, session.pipelines)

    def aged(self) -> Aged:
        """Return the snapshot whose age the header shows."""
        return self.session.jobs.snapshot

    def tick(self, now: datetime) -> None:
        """Bring up to date what changes with time alone; called once a second while shown."""

    def moment(self) -> datetime:
        """Return the time at which what is shown was true: the present, unless Studio is silent.

        A job that ran when it was last heard of may have ended since, so its time stands still.
        """
        snapshot = self.session.jobs.snapshot
        return clock.now() if snapshot.error is None else snapshot.fetched_at or clock.now()

    # The frame.

    def compose(self) -> ComposeResult:
        """Put the body into the frame."""
        yield Bar(id="top")
        yield Bar(id="tabs")
        yield from self.body()
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Start the one clock of the page."""
        self._clock = self.set_interval(1.0, self._each_second)
        self.paint_frame()

    @on(events.ScreenResume)
    def _listen(self) -> None:
        if not self._unsubscribe:
            for poller in self.pollers():
                self._unsubscribe.append(self.listen(poller.subscribe, self._teller(poller)))
                self._hear(Refreshed(poller.name, poller.snapshot))
        self._clock.resume()
        self.paint_frame()

    @on(events.ScreenSuspend)
    def _rest(self) -> None:
        # Below a dialog the page is still in sight, and must not grow old unseen.
        if not isinstance(self.app.screen, ModalScreen):
            self._clock.pause()
            self._leave()

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self.paint_frame()

    def on_descendant_focus(self) -> None:
        """Show the keys of what has the focus now."""
        self.paint_hints()

    def on_unmount(self) -> None:
        """Listen no more."""
        self._leave()

    @on(Refreshed)
    def _hear(self, message: Refreshed) -> None:
        is_news = message.snapshot.value is not self._seen.get(message.name)
        self._seen[message.name] = message.snapshot.value
        self.refreshed(message, is_news=is_news)
        if message.snapshot.stopped and isinstance(message.snapshot.error, AuthenticationError):
            self._ask_for_token(message.snapshot.error)
        elif message.name == self.session.jobs.name and message.snapshot.value is None:
            self._ask_for_team(message.snapshot.error)
        if is_news:
            self.paint_frame()
        else:
            self.paint_age()

    def _ask_for_token(self, refusal: AuthenticationError) -> None:
        """Ask once for another token, however many pollers were refused the old one."""
        if refusal is not self._refusal:
            self._refusal = refusal
            self.post_message(TokenRefused(str(refusal)))

    def _ask_for_team(self, error: StudioError | None) -> None:
        """Ask once for another team, if the first question of all was not allowed."""
        if isinstance(error, PermissionDenied) and str(error) != self._denial:
            self._denial = str(error)
            self.post_message(TeamRefused(str(error), error.teams))

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over what a poller published; without news only its age or its error is new."""

    def fresher(self, job: Job, message: Refreshed, *, is_news: bool) -> Job | None:
        """Return what is new of `job`; `None` when nothing is, or when it is no longer listed."""
        jobs = message.snapshot.value
        if message.name != self.session.jobs.name or not is_news or jobs is None:
            return None
        return next((j for j in jobs.jobs if j.id == job.id and j is not job), None)

    def paint_frame(self) -> None:
        """Bring header and footer up to date; what did not change is not painted."""
        self.top_bar.left = self._crumb_parts()
        self.paint_age()
        tabs, in_words = self._tab_parts(), self._count_parts(in_words=True)
        in_signs = self._count_parts(in_words=False)
        has_room = self.size.width >= WORDS_FROM and _width(tabs, in_words) < self.size.width
        if _width(tabs, in_signs) > self.size.width:
            tabs = self._tab_parts(numbered=False)
        self.tab_bar.left = tabs
        self.tab_bar.right = in_words if has_room else in_signs
        self.key_bar.right = (
            Part("?", "key", "app.help"),
            Part(" help ", Tone.DIM, "app.help"),
        )
        self.paint_hints()

    def paint_age(self) -> None:
        """Say how old what is shown is."""
        self.top_bar.right = self._chip_parts(clock.now())

    def paint_hints(self) -> None:
        """Show the most useful keys."""
        self.key_bar.left = self._hint_parts()

    # The keys.

    def action_back(self) -> None:
        """Go back one screen; from the first one, leave the program."""
        self.post_message(GoBack())

    def action_escape(self) -> None:
        """Back out one level; on a page without levels that is the page itself."""
        if not self.place:
            self.action_back()

    def action_refresh_now(self) -> None:
        """Ask Studio again at once, with the settings as they are now."""
        self._denial = ""
        self.post_message(ReadAgain())

    async def action_press(self, key: str) -> None:
        """Do what a key does; for the mouse."""
        if pressed := self.active_bindings.get(key):
            await self.app.run_action(pressed.binding.action, pressed.node)

    def action_go(self, place: str) -> None:
        """Show another of the main places."""
        self.post_message(GoTo(place))

    @on(Bar.Clicked)
    async def _clicked(self, message: Bar.Clicked) -> None:
        await self.run_action(message.action)

    def _teller(self, poller: Poller[Any]) -> Callable[[Any], None]:
        return lambda snapshot: self._tell(poller.name, snapshot)

    def _tell(self, name: str, snapshot: Any) -> None:
        self.post_message(Refreshed(name, snapshot))

    def _leave(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def _each_second(self) -> None:
        self.paint_age()
        self.tick(self.moment())

    def _crumb_parts(self) -> tuple[Part, ...]:
        parts = [Part(" studio-tui ", "title"), Part(f" {self.home}", Tone.DIM)]
        for crumb in self.crumbs():
            parts += [Part(" › ", Tone.DIM), Part(crumb, Tone.STRONG)]
        return tuple(parts)

    def _chip_parts(self, now: datetime) -> tuple[Part, ...]:
        chip = freshness(self.aged(), now)
        parts = [Part(f"{chip.text} ", chip.tone, "screen.refresh_now")]
        if self.read_only:
            parts.append(Part(" read-only ", "current"))
        return tuple(parts)

    def _tab_parts(self, *, numbered: bool = True) -> tuple[Part, ...]:
        """Name the places, each with how much is there, or without."""
        jobs = self.session.jobs.snapshot.value
        clusters = self.session.clusters.snapshot.value
        schedules = self.session.schedules.snapshot.value
        pipelines = self.session.pipelines.snapshot.value
        number = {
            "jobs": "" if jobs is None else f" {_amount(jobs.jobs, jobs.has_all)}",
            "pipelines": ""
            if pipelines is None
            else f" {_amount(pipelines.pipelines, pipelines.has_all)}",
            "clusters": "" if clusters is None else f" {len(clusters.items)}",
            "schedules": "" if schedules is None else f" {len(schedules)}",
        }
        parts = []
        for key, name, title in PLACES:
            amount = number.get(name, "") if numbered else ""
            look = "current" if name == (self.place or self.belongs_to) else Tone.DIM
            parts.append(Part(f" {key} {title}{amount} ", look, f"screen.go('{name}')"))
        return tuple(parts)

    def _count_parts(self, *, in_words: bool) -> tuple[Part, ...]:
        jobs = self.session.jobs.snapshot.value
        if jobs is None:
            return ()
        return tuple(
            Part(
                f"{count.glyph} {count.amount} {count.name}  "
                if in_words
                else f"{count.glyph}{count.amount} ",
                count.tone if count.number else Tone.DIM,
            )
            for count in counts(jobs.jobs, has_all=jobs.has_all)
        )

    def _hint_parts(self) -> tuple[Part, ...]:
        focused, by_id = self._hintable
        if not by_id or focused is not self.focused:
            # Looked up once a focus, as it asks every binding of every widget on the way.
            by_id = {}
            for active in self.active_bindings.values():
                # Of several keys for one thing the first is the one to learn.
                by_id.setdefault(active.binding.id, active)
            self._hintable = self.focused, by_id
        parts: list[Part] = [Part(" ")]
        for binding_id in tuple(self.hints())[:HINTS]:
            hinted = by_id.get(binding_id)
            if hinted and reason_against(hinted.node, hinted.binding.action) is None:
                press = f"screen.press('{hinted.binding.key}')"
                parts.append(Part(self.app.get_key_display(hinted.binding), "key", press))
                parts.append(Part(f" {self.label(hinted.binding)}  ", Tone.PLAIN, press))
        return tuple(parts)


def _width(*groups: Sequence[Part]) -> int:
    return sum(len(part.text) for parts in groups for part in parts)


def _amount(rows: Sized, has_all: bool) -> str:
    return f"{len(rows)}{'' if has_all else '+'}"
