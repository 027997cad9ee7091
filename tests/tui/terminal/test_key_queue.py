"""Bursts of keys, as a slow connection delivers them: all arrive before the first is handled."""

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
from studio_tui.tui.form.draft_keeper import DraftKeeper
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
from tests.driving import driving, is_acting
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.widgets.slow_leaver import SlowLeaver
from tests.waiting import HANG

Key = tuple[str, str | None]
"""The name of a key, and its character if it has one."""


def send_burst(pilot: Dashboard, keys: list[Key]) -> None:
    """Send keys without waiting until one has been handled."""
    for key, character in keys:
        pilot.app.post_message(events.Key(key, character))


def slash_and_text(text: str) -> list[Key]:
    """Return the keys that open the filter or the search, type a text, and confirm it."""
    return [("slash", "/"), *((letter, letter) for letter in text), ("enter", "\r")]


def parsed_keys(names: str) -> list[Key]:
    """Return the keys with these names or characters, which are separated by blanks."""
    special = {"/": ("slash", "/"), "?": ("question_mark", "?"), "enter": ("enter", "\r")}
    return [special.get(name, (name, name if len(name) == 1 else None)) for name in names.split()]


async def test_a_filter_typed_in_a_burst_is_complete_and_the_next_key_acts_on_the_list(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one1", "two2"):
        studio.wait_for_end(studio.submit("print(1)", query_name=f"{name}.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one1.py", "two2.py")
        send_burst(pilot, slash_and_text("two2"))
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        await until(pilot, lambda: screen.view.filter == "two2" and screen.table.has_focus)
        assert isinstance(pilot.app.screen, JobsScreen)
        await pilot.press("escape")
        await until_shown(pilot, "one1.py", "two2.py")
        send_burst(pilot, parsed_keys("/ o n e 1 enter l"))
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until_shown(pilot, "one1.py")


async def test_keys_sent_with_x_do_not_answer_its_question_and_keys_sent_with_l_search_the_log(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit("import time; print('n 17', flush=True); time.sleep(60)")
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "RUNNING")
        send_burst(pilot, [("x", "x"), ("y", "y")])
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.pause()
        assert isinstance(pilot.app.screen, Confirm)
        assert not isinstance(pilot.app.focused, Input)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        send_burst(pilot, parsed_keys("l / e r r o x enter"))
        await until_shown(pilot, "/errox")
        assert isinstance(pilot.app.screen, LogScreen)
        await pilot.pause()
        assert isinstance(pilot.app.screen, LogScreen)
    assert studio.job(job["id"])["status"] == "RUNNING"


async def test_text_typed_while_a_form_and_its_editor_are_being_opened_is_dropped(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "import time; time.sleep(120)"
    job = studio.submit(query, query_name="long.py")
    studio.wait_for_state(job["id"], "RUNNING")
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow_lookup(_jobs: Iterable[Job], _session: StudioSession) -> dict[str, Submitted]:
        has_begun.set()
        await may_end.wait()
        return {}

    monkeypatch.setattr(rerun, "submitted_of", slow_lookup)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "RUNNING")
        send_burst(pilot, parsed_keys("e"))
        await has_begun.wait()
        send_burst(pilot, parsed_keys("x y z"))
        app = pilot.app
        assert isinstance(app, KeyQueue)
        await until(pilot, lambda: isinstance(app.screen, Confirm) or len(app.waiting) == 3)
        may_end.set()
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen))
        screen = pilot.app.screen
        assert isinstance(screen, EditScreen)
        await until_shown(pilot, "There is no terminal here")
        assert not app.waiting
        assert screen.form.draft.query == query
    assert studio.job(job["id"])["status"] == "RUNNING"


async def test_a_key_pressed_while_a_form_is_being_closed_acts_on_the_screen_below(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="one.py")["id"])
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow_saving(_keeper: DraftKeeper) -> None:
        has_begun.set()
        await may_end.wait()

    monkeypatch.setattr(DraftKeeper, "keep", slow_saving)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one.py")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        app, form = pilot.app, pilot.app.screen
        assert isinstance(app, KeyQueue)
        assert isinstance(form, SubmitScreen)
        send_burst(pilot, [("escape", None)])
        await has_begun.wait()
        await until(pilot, lambda: app._under_way is None)
        before = form.form.draft
        send_burst(pilot, parsed_keys("l"))
        await until(pilot, lambda: bool(app.waiting) or form.form.draft != before)
        assert form.form.draft == before
        may_end.set()
        await until_shown(pilot, "› one.py", "› Log")


async def test_keys_sent_together_with_the_key_that_opens_a_screen_act_on_that_screen(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        for page_key, title in (("2", "Pipelines"), ("4", "Schedules")):
            send_burst(pilot, parsed_keys(f"{page_key} g u u"))
            await until_shown(pilot, f"› {title}")
            await pilot.pause()
            assert "filter" not in screen_text(pilot).split("── ")[1].split("──")[0], title
            send_burst(pilot, parsed_keys(f"1 {page_key} 3"))
            await until_shown(pilot, "› Clusters")
        send_burst(pilot, parsed_keys("? N s o r"))
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "Nsor")
        await pilot.press("escape", "1")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        send_burst(pilot, parsed_keys("n a b c"))
        await until_shown(pilot, "abc")


async def test_a_search_typed_in_a_burst_is_complete_and_all_keys_are_handled_in_order(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("for n in range(50): print('n', n)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log")
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        send_burst(pilot, slash_and_text("n 17"))
        await until_shown(pilot, "/n 17 1 of 1")
        assert isinstance(pilot.app.screen, LogScreen)
        await pilot.press("escape")
        send_burst(pilot, [("g", "g"), *slash_and_text("n 1"), ("n", "n"), ("n", "n")])
        await until_shown(pilot, "/n 1 3 of 11")
        await pilot.press("escape")
        for pressed, text in [
            ("d e g backspace f", "def"),
            ("d e left x y", "dxye"),
            ("d e f ctrl+e g h", "defgh"),
            ("a b c ctrl+u d e f", "def"),
        ]:
            send_burst(pilot, parsed_keys(f"/ {pressed}"))
            prompt = screen.view.prompt.query_one(Input)
            await until(pilot, lambda text=text, prompt=prompt: prompt.value == text)  # type: ignore[misc]
            await pilot.press("escape")
            await pilot.pause()


async def test_pasted_lines_are_alternatives_in_a_filter_and_only_the_first_is_used_elsewhere(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = [studio.submit("print(1)", query_name=f"{name}.py")["id"] for name in ("a", "b", "c")]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "a.py", "b.py", "c.py")
        await pilot.press("slash")
        pilot.app.post_message(events.Paste(f"\n{ids[0]}\r\n  {ids[2]} \n\n"))
        await until_shown(pilot, "Jobs 2 of 3")
        filter_line = pilot.app.focused
        assert isinstance(filter_line, Input)
        assert filter_line.value == f"{ids[0]} or {ids[2]}"
        assert not pilot.app._notifications
        # Control codes in pasted text become visible characters.
        await pilot.press("ctrl+u")
        pilot.app.post_message(events.Paste("a\x07b\x1b[31mc\u202ed\tlong" + "x" * 600))
        await until(pilot, lambda: filter_line.value.endswith("x" * 600))
        assert filter_line.value == "a␇b␛[31mcd    long" + "x" * 600
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: pilot.app.focused is not filter_line)
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        pilot.app.post_message(events.Paste("theme\nsecond\nthird"))
        await until_shown(pilot, "Only the first of 3 pasted lines is used")
        palette_line = pilot.app.focused
        assert isinstance(palette_line, Input)
        assert palette_line.value == "theme"


class SlowKeys(Widget, can_focus=True):
    """Records keys; handling one waits for `may_go_on`, and then focuses the next widget."""

    def __init__(self, number: int) -> None:
        super().__init__(id=f"keys-{number}")
        self.keys: list[str] = []
        self.may_go_on = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield SlowLeaver()

    async def on_key(self, event: events.Key) -> None:
        self.keys.append(event.key)
        await self.may_go_on.wait()
        self.screen.focus_next()


class TwoSlowKeys(KeyQueue):
    """An app with two widgets that handle keys slowly."""

    def compose(self) -> ComposeResult:
        yield SlowKeys(1)
        yield SlowKeys(2)


class SlowInput(Input):
    """An input that takes many turns of the event loop to handle a key."""

    async def on_key(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


class SlowInputApp(KeyQueue):
    """An app with a slow input."""

    def compose(self) -> ComposeResult:
        yield SlowInput()


class KeyRecorder(Widget, can_focus=True):
    """Records keys."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    def on_key(self, event: events.Key) -> None:
        self.keys.append(event.key)


class KeyRecorderApp(KeyQueue):
    """An app with a widget that records keys."""

    def compose(self) -> ComposeResult:
        yield KeyRecorder()


class NeverMounted(Lifetime, Widget, can_focus=True):
    """A widget that is removed before it is mounted."""


async def test_a_key_is_delivered_only_after_the_previous_key_has_been_handled() -> None:
    app = TwoSlowKeys()
    async with driving(app) as pilot:
        first, second = app.query(SlowKeys)
        for slow in app.query(SlowLeaver):
            slow.allow_removal()
        first.focus()
        await until(pilot, lambda: first.has_focus)
        for key in "abc":
            app.post_message(events.Key(key, key))
        await until(pilot, lambda: first.keys == ["a"] and len(app.waiting) == 2)
        first.may_go_on.set()
        second.may_go_on.set()
        await until(pilot, lambda: [*first.keys, *second.keys] == ["a", "c", "b"])


async def test_a_key_for_a_removed_widget_does_not_block_the_next_key() -> None:
    app = TwoSlowKeys()
    async with driving(app) as pilot:
        first, second = app.query(SlowKeys)
        for widget in (first, second):
            widget.may_go_on.set()
        second.query_one(SlowLeaver).allow_removal()
        first.focus()
        await until(pilot, lambda: first.has_focus)
        removing = first.remove()
        app.screen.set_focus(first)  # as it would be while a key is on its way to it
        async with first.query_one(SlowLeaver).while_leaving():
            app.post_message(events.Key("a", "a"))
        await removing
        second.focus()
        await until(pilot, lambda: second.has_focus)
        app.post_message(events.Key("b", "b"))
        await until(pilot, lambda: second.keys == ["b"])


async def test_a_slow_input_handles_a_burst_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", HANG)
    app = SlowInputApp()
    async with driving(app) as pilot:
        slow_input = app.query_one(SlowInput)
        for key in ("a", "b", "backspace", "c", "left", "d"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: slow_input.value == "adc")
        assert not app.waiting


async def test_a_key_for_a_widget_that_is_never_mounted_does_not_block_the_next_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", HANG)
    app = TwoSlowKeys()
    async with driving(app) as pilot:
        for widget in app.query(SlowKeys):
            widget.may_go_on.set()
            widget.query_one(SlowLeaver).allow_removal()
        second = app.query(SlowKeys).last()
        mounting = app.screen.mount(target := NeverMounted())
        target.focus()
        app.screen.set_focus(target)
        delivering = asyncio.ensure_future(app.on_event(events.Key("a", "a")))
        removing = target.remove()
        await delivering
        await mounting
        await removing
        assert target._removed_before_mount
        second.focus()
        app.post_message(events.Key("b", "b"))
        await until(pilot, lambda: second.keys == ["b"])


async def test_the_end_of_a_key_is_detected_without_a_message_if_all_pumps_are_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "FOLLOWS_AFTER", HANG)
    posted: list[object] = []
    monkeypatch.setattr(key_queue._Step, "post_to", lambda _step, node: posted.append(node))
    app = KeyRecorderApp()
    async with driving(app) as pilot:
        recorder = app.query_one(KeyRecorder)
        recorder.focus()
        pumps = (recorder, app.screen, app)
        await waiting.until(lambda: recorder.has_focus)
        await pilot.pause()  # so that no message caused by the focus arrives later
        await waiting.until(lambda: all(map(is_idle, pumps)))
        await app.on_event(events.Key("a", "a"))
        await waiting.until(lambda: recorder.keys == ["a"] and all(map(is_idle, pumps)))
        app._begin_following()
        await waiting.until(lambda: not is_acting(app))
        assert not posted


async def test_the_user_can_quit_while_the_handler_of_a_key_hangs(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", 0.01)
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.app.screen.mount(hanging := SlowKeys(1))
        hanging.focus()
        await until(pilot, lambda: hanging.has_focus)
        send_burst(pilot, [("a", "a"), ("b", "b"), ("ctrl+q", None)])
        await until(pilot, lambda: pilot.app._exit)
        assert hanging.keys == ["a"]
        hanging.may_go_on.set()
        hanging.query_one(SlowLeaver).allow_removal()


async def test_a_key_that_arrives_after_all_screens_are_closed_is_no_error() -> None:
    app = TwoSlowKeys()
    async with driving(app):
        for slow in app.query(SlowLeaver):
            slow.allow_removal()
        forwarded = events.Key("b", "b")
        forwarded._set_forwarded()
    assert not app.screen_stack
    for event in (events.Key("a", "a"), forwarded, events.Paste("c")):
        await app.on_event(event)
    assert not is_acting(app)


def test_textual_calls_a_step_without_inspecting_its_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_callable: object) -> int:
        raise AssertionError("Textual inspects the signature.")

    monkeypatch.setattr(_callback, "_count_parameters", refuse)
    assert _callback.count_parameters(key_queue._Step(print)) == 0
