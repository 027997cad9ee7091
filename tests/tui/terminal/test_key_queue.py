"""A burst of keys, as a slow connection delivers it: all arrive before the first is handled."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from textual import _callback, events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from studio_tui.api.models import Job
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.edit_screen import EditScreen
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.help import HelpScreen
from studio_tui.tui.idle_pump import is_idle
from studio_tui.tui.jobs import rerun
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.terminal import key_queue
from studio_tui.tui.terminal.key_queue import KeyQueue
from studio_tui.tui.widgets.lifetime import Lifetime
from tests import waiting
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.widgets.slow_leaver import SlowLeaver
from tests.waiting import HANG


def burst(pilot: Dashboard, keys: list[tuple[str, str | None]]) -> None:
    for key, character in keys:
        pilot.app.post_message(events.Key(key, character))


def typed(words: str) -> list[tuple[str, str | None]]:
    return [("slash", "/"), *((letter, letter) for letter in words), ("enter", "\r")]


async def test_a_filter_typed_in_one_burst_is_whole_and_a_key_after_it_acts_on_the_list(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one1", "two2"):
        studio.end(studio.submit("print(1)", query_name=f"{name}.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one1.py", "two2.py")
        burst(pilot, typed("two2"))
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        await until(pilot, lambda: screen.view.filter == "two2" and screen.table.has_focus)
        assert isinstance(pilot.app.screen, JobsScreen)
        await pilot.press("escape")
        await until_shown(pilot, "one1.py", "two2.py")
        burst(pilot, keys("/ o n e 1 enter l"))
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until_shown(pilot, "one1.py")


def keys(pressed: str) -> list[tuple[str, str | None]]:
    """Return keys by their names or letters, blanks between them."""
    named = {"/": ("slash", "/"), "?": ("question_mark", "?"), "enter": ("enter", "\r")}
    return [named.get(key, (key, key if len(key) == 1 else None)) for key in pressed.split()]


async def test_keys_before_a_question_do_not_answer_it_and_those_that_open_a_log_search_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit("import time; print('n 17', flush=True); time.sleep(60)")
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "RUNNING")
        burst(pilot, [("x", "x"), ("y", "y")])
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.pause()
        assert isinstance(pilot.app.screen, Confirm)
        assert not isinstance(pilot.app.focused, Input)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        burst(pilot, keys("l / e r r o x enter"))
        await until_shown(pilot, "/errox")
        assert isinstance(pilot.app.screen, LogScreen)
        await pilot.pause()
        assert isinstance(pilot.app.screen, LogScreen)
    assert studio.job(job["id"])["status"] == "RUNNING"


async def test_what_is_typed_while_a_form_is_being_made_goes_into_the_form(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = studio.submit("import time; time.sleep(120)", query_name="long.py")
    studio.until(job["id"], "RUNNING")
    looked_up, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_jobs: Iterable[Job], _session: StudioSession) -> dict[str, Submitted]:
        looked_up.set()
        await go_on.wait()
        return {}

    monkeypatch.setattr(rerun, "submitted_of", slowly)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "RUNNING")
        burst(pilot, keys("e"))
        await looked_up.wait()
        burst(pilot, keys("x y z"))
        app = pilot.app
        assert isinstance(app, KeyQueue)
        await until(pilot, lambda: isinstance(app.screen, Confirm) or len(app._waiting) == 3)
        go_on.set()
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen))
        screen = pilot.app.screen
        assert isinstance(screen, EditScreen)
        await until(pilot, lambda: "xyz" in repr(screen.form.draft))
    assert studio.job(job["id"])["status"] == "RUNNING"


async def test_what_is_typed_while_a_form_is_being_left_is_for_the_screen_below(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.end(studio.submit("print(1)", query_name="one.py")["id"])
    saving, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_screen: SubmitScreen) -> None:
        saving.set()
        await go_on.wait()

    monkeypatch.setattr(SubmitScreen, "keep", slowly)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one.py")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        app, form = pilot.app, pilot.app.screen
        assert isinstance(app, KeyQueue)
        assert isinstance(form, SubmitScreen)
        burst(pilot, [("escape", None)])
        await saving.wait()
        await until(pilot, lambda: app._under_way is None)
        before = form.form.draft
        burst(pilot, keys("l"))
        await until(pilot, lambda: bool(app._waiting) or form.form.draft != before)
        assert form.form.draft == before
        go_on.set()
        await until_shown(pilot, "› one.py", "› Log")


async def test_keys_that_come_with_the_one_that_shows_a_page_the_help_or_a_form_are_for_that(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for place, title in (("2", "Pipelines"), ("4", "Schedules")):
            burst(pilot, keys(f"{place} g u u"))
            await until_shown(pilot, f"› {title}")
            await pilot.pause()
            assert "filter" not in screen_text(pilot).split("── ")[1].split("──")[0], title
            burst(pilot, keys(f"1 {place} 3"))
            await until_shown(pilot, "› Clusters")
        burst(pilot, keys("? N s o r"))
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "Nsor")
        await pilot.press("escape", "1")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        burst(pilot, keys("n a b c"))
        await until_shown(pilot, "abc")


async def test_a_search_typed_in_one_burst_is_whole_and_its_keys_and_those_behind_it_are_in_order(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("for n in range(50): print('n', n)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log")
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        burst(pilot, typed("n 17"))
        await until_shown(pilot, "/n 17 1 of 1")
        assert isinstance(pilot.app.screen, LogScreen)
        await pilot.press("escape")
        burst(pilot, [("g", "g"), *typed("n 1"), ("n", "n"), ("n", "n")])
        await until_shown(pilot, "/n 1 3 of 11")
        await pilot.press("escape")
        letters = {letter: (letter, letter) for letter in "abcdefghxy"}
        for pressed, line in [
            ("d e g backspace f", "def"),
            ("d e left x y", "dxye"),
            ("d e f ctrl+e g h", "defgh"),
            ("a b c ctrl+u d e f", "def"),
        ]:
            burst(
                pilot,
                [("slash", "/"), *(letters.get(key, (key, None)) for key in pressed.split())],
            )
            prompt = screen.view.prompt.query_one(Input)
            await until(pilot, lambda line=line, prompt=prompt: prompt.value == line)  # type: ignore[misc]
            await pilot.press("escape")
            await pilot.pause()


async def test_lines_that_are_pasted_into_a_filter_are_alternatives_and_elsewhere_one_is_used(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = [studio.submit("print(1)", query_name=f"{name}.py")["id"] for name in ("a", "b", "c")]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "a.py", "b.py", "c.py")
        await pilot.press("slash")
        pilot.app.post_message(events.Paste(f"\n{ids[0]}\r\n  {ids[2]} \n\n"))
        await until_shown(pilot, "Jobs 2 of 3")
        line = pilot.app.focused
        assert isinstance(line, Input)
        assert line.value == f"{ids[0]} or {ids[2]}"
        assert not pilot.app._notifications
        # What is pasted commands no terminal.
        await pilot.press("ctrl+u")
        pilot.app.post_message(events.Paste("a\x07b\x1b[31mc\u202ed\tlong" + "x" * 600))
        await until(pilot, lambda: line.value.endswith("x" * 600))
        assert line.value == "a␇b␛[31mcd    long" + "x" * 600
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: pilot.app.focused is not line)
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        pilot.app.post_message(events.Paste("theme\nsecond\nthird"))
        await until_shown(pilot, "Only the first of 3 pasted lines is used")
        search = pilot.app.focused
        assert isinstance(search, Input)
        assert search.value == "theme"


class Keys(Widget, can_focus=True):
    """Takes its time over the first key, then hands the focus on; notes all keys."""

    def __init__(self, number: int) -> None:
        super().__init__(id=f"keys-{number}")
        self.taken: list[str] = []
        self.may_go_on = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield SlowLeaver()

    async def on_key(self, event: events.Key) -> None:
        self.taken.append(event.key)
        await self.may_go_on.wait()
        self.screen.focus_next()


class TwoOfThem(KeyQueue):
    """Holds two that take keys."""

    def compose(self) -> ComposeResult:
        yield Keys(1)
        yield Keys(2)


class Slow(Input):
    """A line that takes its time over each key."""

    async def on_key(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


class SlowLine(KeyQueue):
    """Holds a slow line."""

    def compose(self) -> ComposeResult:
        yield Slow()


class Note(Widget, can_focus=True):
    """Notes all keys."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []

    def on_key(self, event: events.Key) -> None:
        self.taken.append(event.key)


class OneNote(KeyQueue):
    """Holds a widget that notes keys."""

    def compose(self) -> ComposeResult:
        yield Note()


class Brief(Lifetime, Widget, can_focus=True):
    """Is taken away before it is there."""


async def test_a_key_waits_for_the_one_before_it_however_long_that_takes() -> None:
    app = TwoOfThem()
    async with driving(app) as pilot:
        first, second = app.query(Keys)
        for slow in app.query(SlowLeaver):
            slow.let_go()
        first.focus()
        await until(pilot, lambda: first.has_focus)
        for key in "abc":
            app.post_message(events.Key(key, key))
        await until(pilot, lambda: first.taken == ["a"] and len(app._waiting) == 2)
        first.may_go_on.set()
        second.may_go_on.set()
        await until(pilot, lambda: [*first.taken, *second.taken] == ["a", "c", "b"])


async def test_a_key_is_done_with_when_what_it_was_for_has_gone() -> None:
    app = TwoOfThem()
    async with driving(app) as pilot:
        first, second = app.query(Keys)
        for each in (first, second):
            each.may_go_on.set()
        second.query_one(SlowLeaver).let_go()
        first.focus()
        await until(pilot, lambda: first.has_focus)
        leaving = first.remove()
        app.screen.set_focus(first)  # as if a key had been on its way to it
        async with first.query_one(SlowLeaver).held():
            app.post_message(events.Key("a", "a"))
        await leaving
        second.focus()
        await until(pilot, lambda: second.has_focus)
        app.post_message(events.Key("b", "b"))
        await until(pilot, lambda: second.taken == ["b"])


async def test_a_burst_for_a_slow_line_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", HANG)
    app = SlowLine()
    async with driving(app) as pilot:
        line = app.query_one(Slow)
        for key in ("a", "b", "backspace", "c", "left", "d"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: line.value == "adc")
        assert not app._waiting


async def test_a_key_on_its_way_to_what_never_comes_is_done_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", HANG)
    app = TwoOfThem()
    async with driving(app) as pilot:
        for each in app.query(Keys):
            each.may_go_on.set()
            each.query_one(SlowLeaver).let_go()
        second = app.query(Keys).last()
        coming = app.screen.mount(brief := Brief())
        brief.focus()
        app.screen.set_focus(brief)
        giving = asyncio.ensure_future(app.on_event(events.Key("a", "a")))
        leaving = brief.remove()
        await giving
        await coming
        await leaving
        assert brief._removed_before_mount
        second.focus()
        app.post_message(events.Key("b", "b"))
        await until(pilot, lambda: second.taken == ["b"])


async def test_the_end_of_a_key_costs_no_message_if_nothing_is_left_to_handle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "FOLLOWS_AFTER", HANG)
    posted: list[object] = []
    monkeypatch.setattr(key_queue._Step, "post_to", lambda _step, node: posted.append(node))
    app = OneNote()
    async with driving(app) as pilot:
        note = app.query_one(Note)
        note.focus()
        way = (note, app.screen, app)
        await waiting.until(lambda: note.has_focus)
        await pilot.pause()  # no message that the focus causes comes before the key
        await waiting.until(lambda: all(map(is_idle, way)))
        await app.on_event(events.Key("a", "a"))
        await waiting.until(lambda: note.taken == ["a"] and all(map(is_idle, way)))
        app._begin_following()
        await waiting.until(lambda: not app.is_acting)
        assert not posted


async def test_leaving_is_possible_while_the_handler_of_a_key_hangs(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", 0.01)
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.app.screen.mount(hung := Keys(1))
        hung.focus()
        await until(pilot, lambda: hung.has_focus)
        burst(pilot, [("a", "a"), ("b", "b"), ("ctrl+q", None)])
        await until(pilot, lambda: pilot.app._exit)
        assert hung.taken == ["a"]
        hung.may_go_on.set()
        hung.query_one(SlowLeaver).let_go()


async def test_a_key_that_comes_when_all_screens_have_gone_is_no_error() -> None:
    app = TwoOfThem()
    async with driving(app):
        for slow in app.query(SlowLeaver):
            slow.let_go()
        on_its_way = events.Key("b", "b")
        on_its_way._set_forwarded()
    assert not app.screen_stack
    for event in (events.Key("a", "a"), on_its_way, events.Paste("c")):
        await app.on_event(event)
    assert not app.is_acting


def test_textual_takes_the_count_of_parameters_from_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_callable: object) -> int:
        raise AssertionError("It works out the signature.")

    monkeypatch.setattr(_callback, "_count_parameters", never)
    assert _callback.count_parameters(key_queue._Step(print)) == 0
