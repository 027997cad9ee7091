import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from textual.screen import ModalScreen

from studio_tui import clock
from studio_tui.api.label import NAME
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.row_marks import NO_MARK
from studio_tui.tui.frame.welcome import WelcomeScreen
from studio_tui.tui.jobs.controller import NO_JOB
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.filter_bar import FilterInput
from tests.hostile import HOSTILE, VISIBLE, control_characters_of_lines
from tests.steps import step
from tests.studios import LocalStudio, ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    jobs_screen,
    screen_text,
    until,
    until_shown,
)
from tests.tui.filled import studio_with

pytestmark = pytest.mark.starts_processes

SLEEP = "import time; time.sleep(60)"


def table(pilot: Dashboard) -> BigTable:
    """Return the table of the visible screen."""
    return pilot.app.screen.query_one(BigTable)


async def call_in_thread(function: object, *args: object, **kwargs: object) -> dict[str, object]:
    """Call a blocking function in a thread, so that the dashboard continues meanwhile."""
    return await asyncio.to_thread(function, *args, **kwargs)  # type: ignore[arg-type]


@pytest.fixture
def studio_with_three_shards(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio with three completed jobs whose names differ only in a number."""
    names = [f"shard_{number}.py" for number in range(3)]
    with studio_with(names, tmp_path / "studio") as studio:
        yield studio


@pytest.fixture
def studio_with_26_jobs(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio with a few more jobs than a screen shows."""
    with studio_with(26, tmp_path / "studio") as studio:
        yield studio


@pytest.fixture
def studio_with_99_jobs(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio with one job fewer than are loaded at first."""
    with studio_with(99, tmp_path / "studio") as studio:
        yield studio


@pytest.fixture
def studio_with_250_jobs(tmp_path: Path) -> Iterator[LocalStudio]:
    """A local Studio with more jobs than two requests load."""
    with studio_with(250, tmp_path / "studio") as studio:
        yield studio


def ids_of(studio: ThreadStudio) -> list[str]:
    """Return the ids of all jobs of a Studio, oldest first."""
    return [str(job["id"]) for job in reversed(studio.jobs())]


PRINTS_PROGRESS = """
import os, sys, time
for done in (37, 62, 87):
    bar = "#" * (done // 10)
    sys.stderr.write(f"\\rEpoch 3: {done}%|{bar:10}| {done}/100 [00:12<00:20,  3.10it/s]")
    sys.stderr.flush()
    while not os.path.exists(f"GATE{done}"): time.sleep(0.01)
"""


async def test_the_list_shows_that_a_job_starts_makes_progress_and_ends(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    def is_followed() -> bool:
        return any(task.get_name() == "follow progress" for task in asyncio.all_tasks())

    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "No jobs yet.", "n creates one.", " n new job ")
        with step("keys for marks say why they do nothing"):
            for keys, why in (("space", NO_JOB), ("v", NO_JOB), ("a", NO_JOB), ("u", NO_MARK)):
                pilot.app.clear_notifications()
                await pilot.press(keys)
                await until_shown(pilot, why)
        await call_in_thread(
            studio.submit,
            PRINTS_PROGRESS.replace("GATE", str(tmp_path / "gate")),
            query_name="train.py",
        )
        await until_shown(pilot, "● RUNNING", "train.py", "●1")
        for size in ((80, 24), (100, 30), (120, 40)):
            with step(f"the row shows the percentage at {size}"):
                await pilot.resize_terminal(*size)
                await until_shown(pilot, "train.py", " 37% ")
        with step("the bar in the row and the line in the preview advance"):
            await pilot.resize_terminal(200, 40)
            await until_shown(pilot, "▕██▏░░░▏   37%", "37%  3.1 it/s  ~0:20 left  Epoch 3")
            (tmp_path / "gate37").touch()
            await until_shown(pilot, "▕███▋░░▏   62%", "62%  3.1 it/s  ~0:20 left  Epoch 3")
            assert "37%  3.1 it/s" not in screen_text(pilot)
        with step("progress is followed only while the list is visible"):
            assert is_followed()
            await pilot.press("l")
            await until(pilot, lambda: not is_followed())
            (tmp_path / "gate62").touch()
            await pilot.press("escape")
            await until_shown(pilot, "87%  3.1 it/s")
        with step("the row shows that the job has ended"):
            await pilot.resize_terminal(120, 40)
            (tmp_path / "gate87").touch()
            await until_shown(pilot, "✓ COMPLETE", "✓1")
            assert "87%  3.1 it/s" not in screen_text(pilot)
        with step("the columns of progress stay, except under a filter that passes no such job"):
            await pilot.resize_terminal(200, 40)
            await until_shown(pilot, "PROGRESS  DONE")
            await pilot.press("/", *"is:complete", "enter")
            await until_shown(pilot, "filter is:complete")
            await until(pilot, lambda: "PROGRESS" not in screen_text(pilot))
            await pilot.press("escape")
            await until_shown(pilot, "PROGRESS  DONE")


async def test_the_question_before_canceling_names_the_job_and_defaults_to_no(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job, other = (studio.submit(SLEEP, query_name=name) for name in ("long.py", "other.py"))
    for submitted in (job, other):
        studio.wait_for_state(submitted["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        with step("the job ends while the question is open, so that no request is sent"):
            await until_shown(pilot, "● RUNNING", "long.py", "other.py")
            await pilot.press("x")
            await until_shown(pilot, "Cancel this job?", "other.py", str(other["id"]), "Cancel it")
            await call_in_thread(studio.cancel, other["id"])
            page = pilot.app.screen_stack[-2]
            assert isinstance(page, JobsScreen)
            jobs = page.session.known_items.jobs
            await until(pilot, lambda: jobs([other["id"]])[other["id"]].state.is_finished)
            await pilot.press("y")
            await until_shown(pilot, "Nothing was sent, as nothing is left")
            assert "Cancellation requested" not in screen_text(pilot)
        with step("x on a job that has ended asks nothing"):
            await pilot.press("x")
            await until_shown(pilot, "The job has ended: canceled")
            assert isinstance(pilot.app.screen, JobsScreen)
        with step("enter chooses No"):
            await pilot.press("down", "x")
            await until_shown(pilot, "Cancel this job?", "long.py", str(job["id"]))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert (await call_in_thread(studio.job, job["id"]))["status"] == "RUNNING"
        with step("y cancels the job"):
            await pilot.press("x", "y")
            await until_shown(pilot, "◇ CANCELED   long.py")
            assert (await call_in_thread(studio.job, job["id"]))["status"] == "CANCELED"


async def test_run_again_creates_a_job_with_the_same_settings(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    query = "import os\nprint(os.environ['A'])\traise_this = '\x1b[31m'\n".replace("\t", ";")
    first = studio.submit(query, query_name="again.py", environment="A=x y=z", workers=1)
    studio.wait_for_end(first["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("r")
        await until_shown(
            pilot,
            "Run this job again unchanged?",
            "priority, credentials",
            "uploaded files: none are sent, because Studio does not say which",
        )
        await pilot.press("enter")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
    second = next(job for job in studio.jobs() if job["id"] != first["id"])
    fields = ("query", "query_type", "name", "workers", "requirements")
    assert {name: second[name] for name in fields} == {name: first[name] for name in fields}
    assert second["environment"].pop(NAME)
    assert second["environment"] == first["environment"]
    assert studio.wait_for_end(second["id"])["status"] == "COMPLETE"


async def test_read_only_mode_refuses_every_key_that_changes_something(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_three_jobs
    job = studio.submit(f"print('a line', flush=True)\n{SLEEP}", query_name="long.py")
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path, read_only=True) as pilot:
        await until_shown(pilot, "read-only", "● RUNNING", "one.py")
        notices = pilot.app._notifications
        for keys in ("x", "r", "R", "e", "ar", "R", "e"):  # for one job, then for all marked jobs
            with step(f"the keys {keys} are refused"):
                notices.clear()
                await pilot.press(*keys)
                await until(
                    pilot,
                    lambda: any("changed: started with --read-only" in n.message for n in notices),
                )
                assert isinstance(pilot.app.screen, JobsScreen)
        with step("ctrl+e in the log of a job is refused"):
            notices.clear()
            await pilot.press("u", "l")
            await until_shown(pilot, "a line")
            await pilot.press("ctrl+e")
            await until_shown(pilot, "Nothing can be changed")
            assert isinstance(pilot.app.screen, LogScreen)
    assert studio.job(job["id"])["status"] == "RUNNING"
    assert len(studio.jobs()) == 4


async def test_hostile_text_is_shown_without_control_codes_on_every_screen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    query = f"raise ValueError({HOSTILE!r})"
    job = studio.submit(query, query_name=HOSTILE, environment=f"A={HOSTILE}")
    studio.wait_for_end(job["id"])
    async with dashboard(studio, tmp_path, size=(200, 60)) as pilot:
        await until_shown(pilot, VISIBLE)
        for keys in (["i"], ["i"], ["r"], ["n"], ["enter"], ["right"], ["s"], ["right"], ["l"]):
            await pilot.press(*keys)
            if keys == ["r"]:
                await until(pilot, lambda: isinstance(pilot.app.screen, ModalScreen))
            shown = screen_text(pilot)
            assert not control_characters_of_lines(shown)
        await until_shown(pilot, "ValueError: " + VISIBLE)


async def test_a_filter_can_be_abandoned_and_replaced_and_escape_removes_it_before_the_marks(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_three_jobs, tmp_path) as pilot:
        with step("in another order the cursor stays at the top, or else on its job"):
            for key in ("N", "N", "A"):
                await pilot.press(key)
                await until(pilot, lambda: table(pilot).cursor == table(pilot).keys[0])
            await pilot.press("down", "N", "N")
            await until_shown(pilot, "sorted by name, reversed")
            assert "▌ ✓ COMPLETE   two.py" in screen_text(pilot)
            await pilot.press("A", "g")
        with step("esc abandons a filter that is being typed"):
            await pilot.press("down")
            before = table(pilot).cursor
            await pilot.press("slash", *"three")
            await until(pilot, lambda: len(table(pilot).keys) == 1)
            await pilot.press("escape")
            await until(pilot, lambda: len(table(pilot).keys) == 3)
            assert table(pilot).cursor == before
        with step("a new filter replaces the old one"):
            await pilot.press("slash", *"one", "enter")
            await until(pilot, lambda: len(table(pilot).keys) == 1)
            await until_shown(pilot, "one.py", "1 of 3")
            await pilot.press("slash", *"two", "enter")
            await until_shown(pilot, "two.py", "1 of 3")
        with step("esc brings back the filter that was there before, and up the abandoned one"):
            await pilot.press("slash", *"age<soon")
            await until_shown(pilot, "needs a time span")
            await pilot.press("escape")
            await until_shown(pilot, "1 of 3 · filter two")
            await pilot.press("slash", "up")
            await until_shown(pilot, "/ age<soon")
            await pilot.press("escape")
            await until_shown(pilot, "1 of 3 · filter two")
        with step("! filters by problems, and ! or esc restores the filter before"):
            for restoring_key in ("exclamation_mark", "escape"):
                await pilot.press("exclamation_mark")
                await until_shown(pilot, "status=problem", "0 of 3")
                await pilot.press(restoring_key)
                await until_shown(pilot, "two.py", "1 of 3")
        with step("esc removes first the filter, then the marks"):
            await pilot.press("space")
            await until_shown(pilot, "1 of 3", "1 marked ")
            await pilot.press("slash", *"one", "enter")
            await until_shown(pilot, "1 of 3", "1 marked, 1 hidden ")
            await pilot.press("escape")
            await until(pilot, lambda: len(table(pilot).keys) == 3)
            await until_shown(pilot, "1 marked")
            await pilot.press("escape")
            await until_shown(pilot, "1 mark removed")
            assert "marked" not in screen_text(pilot)
            assert isinstance(pilot.app.screen, JobsScreen)


async def test_a_filter_with_an_error_prevents_marking_all_jobs_until_escape_removes_it(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_three_jobs, tmp_path) as pilot:
        with step("an error is shown while the filter is typed, and esc abandons the filter"):
            await pilot.press("slash", *"age<soon")
            await until_shown(pilot, "needs a time span such as 30m", "one.py")
            await until_shown(pilot, "Jobs 3 · filter not applied")
            await pilot.press("home", *"two ")
            await until_shown(pilot, "Jobs 1 of 3 · filter two · rest not applied")
            await pilot.press("escape")
            await until_shown(pilot, "Jobs 3 ─")
            assert "needs a time span" not in screen_text(pilot)
        with step("enter on a filter with an error keeps the input open for its correction"):
            await pilot.press("/", *"status=faild", "enter", *"ax", "backspace", "backspace")
            await until_shown(pilot, "“faild” is not a status")
            assert pilot.app.focused is (await jobs_screen(pilot)).query_one(FilterInput)
        with step("the key a does not mark all jobs under a filter with an error"):
            await pilot.click(BigTable)
            await pilot.press("a")
            await until_shown(pilot, "The filter has an error")
            screen = await jobs_screen(pilot)
            assert screen.view.marks == ()
        with step("after esc removes the filter, the key a marks all jobs"):
            await pilot.press("escape")
            await until(pilot, lambda: "“faild” is not a status" not in screen_text(pilot))
            await pilot.press("a")
            await until(pilot, lambda: len(screen.view.marks) == 3)
        with step("a row that is removed before the cursor move to it is handled is no error"):
            rows = table(pilot)
            rows.action_last()
            # Without a message in between, the next `Highlighted` would replace the first one.
            rows.post_message(BigTable.HeaderClicked("no column"))
            rows.show([])
            await pilot.pause()
            assert pilot.app.screen is screen


async def test_new_jobs_appear_at_the_top_and_a_cursor_below_stays_with_its_job(
    studio_with_26_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_26_jobs
    async with dashboard(studio, tmp_path, size=(120, 24)) as pilot:
        await until_shown(pilot, "embed_25.py")

        async def submit(name: str) -> None:
            await call_in_thread(studio.submit, "1", query_name=name)

        with step("a cursor on the first row moves to the new job if it was never moved"):
            await submit("first.py")
            await until_shown(pilot, "first.py")
            await until(pilot, lambda: table(pilot).cursor == table(pilot).keys[0])
        with step("a cursor on a lower row stays with its job, also while its page is open"):
            await until_shown(pilot, "▌ ✓ COMPLETE   first.py")
            await pilot.press("down")
            second = table(pilot).cursor
            assert second == table(pilot).keys[1]
            await pilot.press("enter")
            await until_shown(pilot, "embed_25.py (")
            await submit("newer.py")
            await pilot.press("q")
            await until_shown(pilot, "newer.py", "▌ ✓ COMPLETE   embed_25.py")
            assert table(pilot).cursor == second
        with step("new jobs above the visible rows are counted"):
            await pilot.press("end")
            last = table(pilot).cursor
            for _ in range(2):
                await submit("unseen.py")
            await until_shown(pilot, "↑ 2 new", "embed_0.py")
            assert table(pilot).cursor == last
            await pilot.press("g")
            await until_shown(pilot, "unseen.py")
            assert "new" not in screen_text(pilot).splitlines()[2]
        with step("a cursor that was moved to the first row stays with its job"):
            await pilot.press("slash", *"first", "enter")
            await until(pilot, lambda: len(table(pilot).keys) == 1)
            await pilot.press("g")
            (first,) = table(pilot).keys
            await submit("first.py")
            await until(pilot, lambda: len(table(pilot).keys) == 2)
            assert table(pilot).cursor == first


async def test_the_place_and_the_marks_survive_a_refresh_and_a_restart(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_three_jobs, tmp_path) as pilot:
        await pilot.press("slash", *"py", "enter", "N", "N", "space", "i")
        await until(pilot, lambda: len(marked(pilot)) == 1)
        cursor, marks = table(pilot).cursor, marked(pilot)
        assert cursor not in marks, "the cursor has moved on"
        with step("after a refresh"):
            await call_in_thread(studio_with_three_jobs.submit, "2", query_name="a.py")
            await until(pilot, lambda: len(table(pilot).keys) == 4)
            assert marked(pilot) == marks
            assert table(pilot).cursor == cursor
        await pilot.pause()
    with step("after a restart"):
        async with dashboard(studio_with_three_jobs, tmp_path) as pilot:
            await until(pilot, lambda: table(pilot).cursor == cursor)
            await until_shown(pilot, "filter py", "by name, reversed", "1 marked", "a.py")
            assert not pilot.app.screen.query_one("#preview").display
            assert marked(pilot) == marks


async def test_during_an_outage_data_stays_visible_with_its_age_and_polling_recovers_by_itself(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_state(studio.submit(SLEEP, query_name="kept.py")["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● live", "RUNNING")
        with step("the outage is shown, and the data stays"):
            await call_in_thread(studio.kill)
            await until_shown(pilot, "stopped: `studio-tui local`", "kept.py")
        with (
            step("ages grow, and run times stand still"),
            mock.patch.object(clock, "now", return_value=clock.now() + timedelta(hours=3)),
        ):
            await until_shown(pilot, "✗ stale 3h", "(3h ago)")
            assert "for 0:" in screen_text(pilot)
        with step("the dashboard recovers by itself"):
            await call_in_thread(studio.restart)
            await until_shown(pilot, "● live", "kept.py")


async def test_environment_values_are_masked_until_requested(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", environment="SECRET=canary\nMODE=fast")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        for _ in range(4):
            await pilot.press("right")
            await pilot.pause()
            assert "canary" not in screen_text(pilot)
        await pilot.press("s")
        await until_shown(pilot, "SECRET", "MODE", "fast", "s shows the secrets too")
        assert "canary" not in screen_text(pilot)
        await pilot.press("s")
        await until_shown(pilot, "SECRET", "canary")
        await pilot.press("s")
        await until(pilot, lambda: "canary" not in screen_text(pilot))
        assert "fast" not in screen_text(pilot)


async def test_jobs_and_keys_are_shown_at_every_terminal_size(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_three_jobs, tmp_path, size=(40, 10)) as pilot:
        with step("a small terminal has no preview, and its key says so"):
            await until_shown(pilot, "✓ COMPLETE", "three.py")
            await pilot.press("i")
            await until_shown(pilot, "The terminal is too small for the")
            assert (await jobs_screen(pilot)).view.preview
        for size in ((40, 10), (60, 16), (79, 20), (80, 24), (119, 30), (200, 60), (120, 40)):
            with step(f"the size {size}"):
                await pilot.resize_terminal(*size)
                await until_shown(pilot, "✓ COMPLETE", "three.py")
                widths = {len(line) for line in screen_text(pilot).splitlines()}
                assert widths == {size[0]}
        with step("J and K show the next and the previous job"):
            for key, name in (("enter", "three.py"), ("J", "two.py"), ("K", "three.py")):
                await pilot.press(key)
                await until_shown(pilot, f"› {name}")
        with step("at an end of the list, K says so"):
            await pilot.press("K")
            await until_shown(pilot, "This is the first job of the list")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        with step("a click in the footer runs the command"):
            await until_shown(pilot, "run again")
            line = screen_text(pilot).splitlines()[-1]
            await pilot.click("#keys", offset=(line.index("run again"), 0))
            await until_shown(pilot, "Run this job again unchanged?")
            await pilot.press("escape")
        with step("the help lists the keys and runs the chosen command"):
            await pilot.press("question_mark")
            await until_shown(pilot, "Keys of", "Cancel the job, after confirmation")
            await pilot.press(*"sort by name", "enter")
            await until_shown(pilot, "sorted by name")
        with step("quitting requires a second q"):
            await pilot.press("q")
            await until_shown(pilot, "Press q again to quit")
            assert pilot.app.is_running
            await pilot.press("q")
            await until(pilot, lambda: pilot.app.return_code == 0)


async def test_a_refused_token_stops_polling_and_another_token_can_be_entered(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_three_jobs
    valid_token, studio.token = studio.token, "wrong-token-0123456789"
    async with dashboard(studio, tmp_path, waits_for_jobs=False) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        await until_shown(pilot, "Polling has stopped")
        studio.token = valid_token
        await pilot.press(*valid_token, "enter")
        await until_shown(pilot, "one.py", "● live")
        assert valid_token not in screen_text(pilot)


async def test_older_jobs_are_loaded_on_demand_and_a_filter_says_how_many_jobs_it_searched(
    studio_with_250_jobs: LocalStudio, tmp_path: Path
) -> None:
    async with dashboard(studio_with_250_jobs, tmp_path) as pilot:
        await until_shown(pilot, "Jobs 100+", "newest, M loads older", "✗0")
        await pilot.press("slash", *"nosuchjob", "enter")
        await until_shown(pilot, "None of the newest 100 jobs matches the filter.")
        await pilot.press("escape", "M")
        await until_shown(pilot, "Jobs 200+")
        await pilot.press("G")
        await until(pilot, lambda: len(table(pilot).keys) == 250)
        await until_shown(pilot, "Jobs 250 ")
        assert "M loads older" not in screen_text(pilot)
    async with dashboard(studio_with_250_jobs, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 250)
        assert "M loads older" not in screen_text(pilot)


async def test_jobs_created_while_the_dashboard_was_open_are_loaded_after_a_restart(
    studio_with_99_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_99_jobs
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "Jobs 99 ")
        for _ in range(2):
            await call_in_thread(lambda: studio.submit("print(1)"))
        await until_shown(pilot, "Jobs 101 ")
        await pilot.press("3")
    async with dashboard(studio, tmp_path) as pilot:
        # Another tab also counts all jobs.
        await until_shown(pilot, "1 Jobs 101  ", "✓101 ")
        await pilot.press("1")
        await until_shown(pilot, "Jobs 101 ")
        assert "M loads older" not in screen_text(pilot)


def marked(pilot: Dashboard) -> set[str]:
    """Return the keys of the marked rows."""
    return set(table(pilot).marked)


async def test_keys_mark_one_job_or_a_range_or_all_jobs_that_pass_the_filter(
    studio_with_26_jobs: ThreadStudio, tmp_path: Path
) -> None:
    ids = ids_of(studio_with_26_jobs)
    fourth, third, second, newest = ids[-4:]
    (tmp_path / "view.json").write_text(ListView(marks=(fourth, "no-such-job")).model_dump_json())
    async with dashboard(studio_with_26_jobs, tmp_path) as pilot:
        with step("a mark of a job that is no longer listed is dropped, with a notice"):
            await until_shown(pilot, "1 marked", "1 marked job is no longer in the list")
            assert marked(pilot) == {fourth}
            await pilot.press("u")
            assert not marked(pilot)
        with step("space marks one job"):
            await pilot.press("space")
            await until_shown(pilot, "1 marked")
            assert marked(pilot) == {newest}
            assert table(pilot).cursor == second
        with step("v marks a range"):
            await pilot.press("down", "v")
            assert marked(pilot) == {newest, second, third}
            await until_shown(pilot, "3 marked")
            await pilot.press("space")
            assert marked(pilot) == {newest, second}
            assert table(pilot).cursor == fourth
            await pilot.press("u")
            assert not marked(pilot)
            await until(pilot, lambda: "marked" not in screen_text(pilot))
        with step("the key a marks all jobs that pass the filter"):
            await pilot.press("slash", *"name~_2", "enter")
            await until(pilot, lambda: len(table(pilot).keys) == 7)
            await pilot.press("a")
            assert marked(pilot) == {ids[2], *ids[20:]}
            await until(pilot, lambda: "hidden" not in screen_text(pilot))
        with step("marks that the filter hides are counted in the title and in questions"):
            await pilot.press("slash", "ctrl+u", *"name~_20", "enter")
            await until_shown(pilot, "7 marked, 6 hidden")
            await pilot.press("r")
            await until_shown(pilot, "6 of the marked rows are hidden by the filter.")
            await pilot.press("n")


PRINTS_AND_FAILS = (
    "import os\nfor n in range(50): print('step', n)\nraise RuntimeError('corrupt tile 17')"
)


async def test_the_preview_shows_the_error_and_the_last_log_lines_and_requests_none_while_hidden(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.wait_for_end(studio.submit(PRINTS_AND_FAILS, query_name="prints.py")["id"])
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        for size in ((80, 24), (120, 40)):
            with step(f"the preview shows the whole error at {size}"):
                await pilot.resize_terminal(*size)
                await until_shown(pilot, "end of the log", "RuntimeError: corrupt tile 17")
                assert "–" not in screen_text(pilot).split("status ")[1]
        with step("a hidden preview requests no log"):
            screen = await jobs_screen(pilot)
            await pilot.press("i")
            later = await call_in_thread(studio.submit, PRINTS_AND_FAILS)
            await until(pilot, lambda: table(pilot).cursor == later["id"])
            details = screen.session.job_details
            assert details.get(str(job["id"])).log.data is not None
            assert details.get(str(later["id"])).log.data is None
            await pilot.press("i")
            await until(pilot, lambda: details.get(str(later["id"])).log.data is not None)


async def test_commands_on_the_row_of_a_group_apply_to_its_jobs(
    studio_with_three_shards: ThreadStudio, tmp_path: Path
) -> None:
    studio, shards = studio_with_three_shards, ids_of(studio_with_three_shards)
    bad = studio.submit("raise KeyError('x')", query_name="shard_9.py")["id"]
    studio.submit("print(1)", query_name="other.py")
    studio.wait_for_end(bad)
    async with dashboard(studio, tmp_path) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        await until(pilot, lambda: len(table(pilot).keys) == 5)
        await pilot.press("end")
        await until(pilot, lambda: table(pilot).cursor == shards[0])
        await pilot.press("b", "b")
        await until(pilot, lambda: (table(pilot).cursor or "").startswith("▸"))
        await until_shown(pilot, "by name", "▸ 4 jobs", "shard_*.py", "Jobs 5", "KeyError: 'x'")
        assert len(table(pilot).keys) == 3, "the failed job keeps its own row"
        await pilot.press("end", "up")
        await until_shown(pilot, "1 × KeyError: 'x'", "⏎ unfold  L merged log  r run again")
        assert {job.id for job in screen.marked_jobs()} == {*shards, bad}
        await pilot.press("r")
        await until_shown(pilot, "Run 4 jobs again unchanged?", "1 failed, 3 complete.")
        await pilot.press("n", "e")
        await until_shown(pilot, "Edit 4 jobs")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("x")
        await until_shown(pilot, "None of the 4 jobs can be canceled: 4 have ended")
        await pilot.press("space")
        assert set(screen.view.marks) == {*shards, bad}
        assert len(table(pilot).marked) == 5, "the row of the group is marked too"
        await pilot.press("u", "up", "up", "down", "enter")
        await until_shown(pilot, "▾ 4 jobs", "⏎ fold  L merged log")
        assert len(table(pilot).keys) == 6
        await pilot.press("enter")
        await until_shown(pilot, "▸ 4 jobs")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "by name", "▸ 4 jobs")
        await pilot.press("b")
        await until(pilot, lambda: len(table(pilot).keys) == 5)


async def test_the_cursor_moves_to_the_group_into_which_its_job_is_folded(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    tiles = [studio.submit("print(1)", query_name=f"tile_{n}.py")["id"] for n in range(2)]
    shard = studio.submit("print(1)", query_name="shard_0.py")["id"]
    for job_id in (*tiles, shard):
        studio.wait_for_end(job_id)
    running = studio.submit(SLEEP, query_name="shard_1.py")["id"]
    studio.wait_for_state(running, "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 4)
        await pilot.press("b", "b")
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        groups = table(pilot).keys[0], table(pilot).keys[2]
        await pilot.press("home", "down")
        await until(pilot, lambda: table(pilot).cursor == running)
        await call_in_thread(studio.cancel, running)
        await until(pilot, lambda: tuple(table(pilot).keys) == groups)
        assert table(pilot).cursor == groups[0], "the group with the job, not the next row"


async def test_the_cursor_is_on_its_job_again_after_all_groupings(
    studio_with_three_shards: ThreadStudio, tmp_path: Path
) -> None:
    for job_id in (shards := ids_of(studio_with_three_shards)):
        studio_with_three_shards.wait_for_end(job_id)
    async with dashboard(studio_with_three_shards, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        await pilot.press("down")
        assert table(pilot).cursor == shards[1]
        await pilot.press("b", "b")
        await until(pilot, lambda: (table(pilot).cursor or "").startswith("▸"))
        await pilot.press("b")
        await until(pilot, lambda: table(pilot).cursor == shards[1])


async def test_jobs_are_not_counted_as_new_because_their_groups_are_gone(
    studio_with_26_jobs: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("pair_1.py", "pair_2.py"):
        studio_with_26_jobs.submit("1", query_name=name)
    async with dashboard(studio_with_26_jobs, tmp_path, size=(120, 24)) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 28)
        await pilot.press("b", "b")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
        await pilot.press("end", "enter")
        await until(pilot, lambda: len(table(pilot).keys) == 28)
        await pilot.press("end", "b")
        await until(pilot, lambda: not table(pilot).keys[0].startswith("▸"))
        assert table(pilot).top
        assert not table(pilot).unseen


async def test_the_list_beside_the_preview_is_at_least_as_wide_as_in_80_columns(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        list_widths = []
        for width in (80, 119, 120, 140, 175, 300):
            await pilot.resize_terminal(width, 40)
            await pilot.pause()
            list_widths.append(table(pilot).size.width)
        assert list_widths == [80, 119, 80, 80, 100, 216]


async def test_the_cursor_goes_to_the_newest_run_of_a_job_and_back(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    old_id = studio.wait_for_end(studio.submit("print(1)", query_name="again.py")["id"])["id"]
    async with dashboard(studio, tmp_path, size=(120, 24)) as pilot:
        await until_shown(pilot, "again.py")
        for count in (2, 3):
            await pilot.press("end", "r")
            await until_shown(pilot, "Run this job again")
            await pilot.press("y")
            await until_shown(pilot, "created as again.py", "> goes to it", f"Jobs {count}")
        newest = table(pilot).keys[0]
        await pilot.press("end")
        await until(pilot, lambda: table(pilot).cursor == old_id)
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: table(pilot).cursor == newest)
        await pilot.press("greater_than_sign")
        await until_shown(pilot, "No attempt after this one is known here")
        await pilot.press("less_than_sign")
        await until(pilot, lambda: table(pilot).cursor == old_id)
        await pilot.press("slash", *f"!id={newest[:8]}", "enter")
        await until(pilot, lambda: newest not in table(pilot).keys)
        await pilot.press("greater_than_sign")
        await until_shown(pilot, "Environment", newest)


async def test_the_cursor_stays_on_the_newest_job_when_it_is_run_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    old_id = studio.wait_for_end(studio.submit("print(1)", query_name="again.py")["id"])["id"]
    async with dashboard(studio, tmp_path, size=(120, 24)) as pilot:
        await until_shown(pilot, "again.py")
        await pilot.press("r")
        await until_shown(pilot, "Run this job again")
        await pilot.press("y")
        await until_shown(pilot, "created as again.py", "> goes to it", "Jobs 2")
        assert list(table(pilot).keys).index(old_id) == 1
        assert table(pilot).cursor == old_id
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: table(pilot).cursor == table(pilot).keys[0])


async def test_the_cursor_returns_to_the_top_after_every_row_has_left_the_filter(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    jobs = [studio.submit("import time; time.sleep(600)", query_name=f"{n}.py") for n in range(2)]
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 2)
        await pilot.press("slash", *"is:active", "enter")
        await until_shown(pilot, "2 of 2")
        for job in jobs:
            await call_in_thread(studio.cancel, job["id"])
        await until_shown(pilot, "No job matches the filter.", "esc remove filter  / filter")
        await pilot.press("escape")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
        assert table(pilot).cursor == table(pilot).keys[0]


async def test_a_list_to_which_the_user_returns_shows_the_present_run_times_at_once(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.wait_for_state(studio.submit(SLEEP, query_name="long.py")["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● RUNNING")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        now = clock.now
        monkeypatch.setattr(clock, "now", lambda: now() + timedelta(hours=1))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await pilot.pause()
        assert "1:00:" in screen_text(pilot)


async def test_the_cursor_stays_on_the_row_that_a_filter_has_found_when_the_filter_is_removed(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    found = studio.submit(SLEEP, query_name="found.py")["id"]
    for n in range(3):
        studio.submit(SLEEP, query_name=f"other_{n}.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 4)
        await pilot.press("slash", *"found", "enter")
        await until(pilot, lambda: table(pilot).cursor == found)
        await pilot.press("escape")
        await until(pilot, lambda: len(table(pilot).keys) == 4)
        assert table(pilot).cursor == found


async def test_the_row_under_the_cursor_stays_when_it_no_longer_passes_the_filter(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    last, middle, first = (str(studio.submit(SLEEP, query_name=f"{n}.py")["id"]) for n in "cba")
    async with dashboard(studio, tmp_path, size=(120, 24)) as pilot:
        await pilot.press("slash", *"status=active py", "enter")
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        await pilot.press("down")
        await call_in_thread(studio.cancel, middle)
        await until_shown(pilot, "2 of 3", "· this row no longer fits ", "CANCELED")
        assert list(table(pilot).keys) == [first, middle, last]
        assert table(pilot).cursor == middle
        await pilot.press("a")
        assert marked(pilot) == {first, last}
        await pilot.press("down")
        await until(pilot, lambda: list(table(pilot).keys) == [first, last])
        assert table(pilot).cursor == last
        await until(pilot, lambda: "no longer fits" not in screen_text(pilot))


async def test_marked_schedules_are_not_canceled_with_jobs_and_the_user_is_notified(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit("print(1)", query_name="nightly.py", cron_expression="0 3 1 1 *")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "nightly.py")
        await pilot.press("a", "x")
        notices = pilot.app._notifications
        await until(
            pilot, lambda: any("it has to be canceled in Schedules" in n.message for n in notices)
        )
        await pilot.press("u", "x")
        await until_shown(
            pilot,
            "Cancel this schedule?",
            "runs    0 3 1 1 *",
            "It creates no more jobs",
            "n  Leave it",
        )
        await pilot.press("n", *"/night", "enter", "l")
        await until_shown(pilot, "task=", "0 of 1")
        await pilot.press("escape")
        screen = await jobs_screen(pilot)
        await until(pilot, lambda: screen.view.filter == "night")
        await pilot.press("enter")
        await until_shown(pilot, "nightly.py (", "schedule     0 3 1 1 *", "next runs")


async def test_the_page_of_a_job_shows_the_usual_run_time_known_when_it_is_opened(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_three_jobs
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "three.py", "✓ COMPLETE")
        job_id = table(pilot).cursor
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        assert "usual" not in screen_text(pilot)
        for number, count in enumerate(("1 run", "2 runs"), start=1):
            await pilot.press("q")
            await call_in_thread(
                lambda: studio.wait_for_end(studio.submit("1", query_name="three.py")["id"])
            )
            await until_shown(pilot, f"✓{3 + number}")
            await until(pilot, lambda: table(pilot).cursor == job_id)
            await pilot.press("enter")
            await until_shown(pilot, "usual", f"from {count} ")
