import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from textual.screen import ModalScreen

from studio_tui import clock
from studio_tui.api.label import NAME
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.list_view import ListView, view_text
from studio_tui.tui.frame.welcome import WelcomeScreen
from studio_tui.tui.jobs import detail_screen
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.widgets.big_table import BigTable
from tests.bench.studio import fill
from tests.hostile import HOSTILE, VISIBLE, controls_of_lines
from tests.studios import LocalStudio, ThreadStudio, closing
from tests.tui.dashboards import Dashboard, dashboard, jobs_screen, screen_text, until, until_shown

SLEEP = "import time; time.sleep(60)"


def table(pilot: Dashboard) -> BigTable:
    return pilot.app.screen.query_one(BigTable)


async def call(function: object, *args: object, **kwargs: object) -> dict[str, object]:
    """Do something slow beside the dashboard."""
    return await asyncio.to_thread(function, *args, **kwargs)  # type: ignore[arg-type]


async def test_a_job_is_seen_to_run_and_end_by_itself(studio: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "No jobs yet.")
        gate = tmp_path / "gate"
        wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"
        await call(studio.submit, wait, query_name="seen.py")
        await until_shown(pilot, "● RUNNING", "seen.py", "●1")
        gate.touch()
        await until_shown(pilot, "✓ COMPLETE", "✓1")


BAR = """
import os, sys, time
for done in (37, 62):
    bar = "#" * (done // 10)
    sys.stderr.write(f"\\rEpoch 3: {done}%|{bar:10}| {done}/100 [00:12<00:20,  3.10it/s]")
    sys.stderr.flush()
    while not os.path.exists(f"GATE{done}"): time.sleep(0.01)
"""


async def test_how_far_a_running_job_has_come_is_seen_to_move(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit(BAR.replace("GATE", str(tmp_path / "gate")), query_name="train.py")
    async with dashboard(studio, tmp_path, size=(200, 40)) as pilot:
        await until_shown(pilot, "▕██▏░░░▏   37%")
        await until_shown(pilot, "37%  3.1 it/s  ~0:20 left  Epoch 3")
        (tmp_path / "gate37").touch()
        await until_shown(pilot, "▕███▋░░▏   62%", "62%  3.1 it/s  ~0:20 left  Epoch 3")
        assert "37%  3.1 it/s" not in screen_text(pilot)
        (tmp_path / "gate62").touch()
        await until_shown(pilot, "✓ COMPLETE")
        assert "62%  3.1 it/s" not in screen_text(pilot)


async def test_progress_is_watched_only_while_the_list_is_in_sight(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit(BAR.replace("GATE", str(tmp_path / "gate")), query_name="train.py")
    async with dashboard(studio, tmp_path) as pilot:

        def followed() -> bool:
            return any(task.get_name() == "follow progress" for task in asyncio.all_tasks())

        await until_shown(pilot, "37%  3.1 it/s")
        assert followed()
        await pilot.press("l")
        await until(pilot, lambda: not followed())
        (tmp_path / "gate37").touch()
        await pilot.press("escape")
        await until_shown(pilot, "62%")


async def test_the_percent_is_shown_at_every_usual_width(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit(BAR.replace("GATE", str(tmp_path / "gate")), query_name="train.py")
    async with dashboard(studio, tmp_path) as pilot:
        for size in ((80, 24), (100, 30), (120, 40)):
            await pilot.resize_terminal(*size)
            await until_shown(pilot, "train.py", " 37% ")


async def test_cancel_asks_names_the_job_and_does_nothing_by_default(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(SLEEP, query_name="long.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● RUNNING")
        await pilot.press("x")
        await until_shown(pilot, "Cancel this job?", "long.py", str(job["id"]))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        assert (await call(studio.job, job["id"]))["status"] == "RUNNING"
        await pilot.press("x", "y")
        await until_shown(pilot, "⊗ CANCELED")
        assert (await call(studio.job, job["id"]))["status"] == "CANCELED"


async def test_a_question_about_a_job_that_has_ended_meanwhile_says_so_and_sends_nothing(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(SLEEP, query_name="long.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● RUNNING")
        await pilot.press("x")
        await until_shown(pilot, "Cancel this job?", "long.py")
        await call(studio.cancel, job["id"])
        await until_shown(pilot, "It has ended meanwhile: canceled. There is nothing left")
        await pilot.press("y")
        await until_shown(pilot, "Cancel this job?")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        assert "Cancellation requested" not in screen_text(pilot)


async def test_run_again_makes_the_same_job_again(studio: ThreadStudio, tmp_path: Path) -> None:
    query = "import os\nprint(os.environ['A'])\traise_this = '\x1b[31m'\n".replace("\t", ";")
    first = studio.submit(query, query_name="again.py", environment="A=x y=z", workers=1)
    studio.end(first["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("r")
        await until_shown(
            pilot,
            "Run this job again as it was?",
            "priority, credentials",
            "uploaded files: none are sent, because Studio does not say which",
        )
        await pilot.press("enter")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
    second = next(job for job in studio.jobs() if job["id"] != first["id"])
    same = ("query", "query_type", "name", "workers", "requirements")
    assert {field: second[field] for field in same} == {field: first[field] for field in same}
    assert second["environment"].pop(NAME)
    assert second["environment"] == first["environment"]
    assert studio.end(second["id"])["status"] == "COMPLETE"


async def test_what_cannot_be_done_says_why(studio: ThreadStudio, tmp_path: Path) -> None:
    studio.end(studio.submit("print(1)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("x")
        await until_shown(pilot, "The job has ended: complete")
        assert isinstance(pilot.app.screen, JobsScreen)


async def test_read_only_changes_nothing_and_says_so(studio: ThreadStudio, tmp_path: Path) -> None:
    job = studio.submit(SLEEP)
    async with dashboard(studio, tmp_path, read_only=True) as pilot:
        await until_shown(pilot, "read-only", "● RUNNING")
        await pilot.press("x")
        await until_shown(pilot, "Nothing can be changed")
        await pilot.press("r")
        assert not isinstance(pilot.app.screen, Confirm)
    assert studio.job(job["id"])["status"] == "RUNNING"
    assert len(studio.jobs()) == 1


async def test_hostile_text_is_shown_as_it_is_on_every_screen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    query = f"raise ValueError({HOSTILE!r})"
    job = studio.submit(query, query_name=HOSTILE, environment=f"A={HOSTILE}")
    studio.end(job["id"])
    async with dashboard(studio, tmp_path, size=(200, 60)) as pilot:
        await until_shown(pilot, VISIBLE)
        for keys in (["i"], ["i"], ["r"], ["n"], ["enter"], ["right"], ["s"], ["right"], ["l"]):
            await pilot.press(*keys)
            if keys == ["r"]:
                await until(pilot, lambda: isinstance(pilot.app.screen, ModalScreen))
            shown = screen_text(pilot)
            assert not controls_of_lines(shown)
        await until_shown(pilot, "ValueError: " + VISIBLE)


async def test_a_filter_is_given_up_replaced_and_taken_away_before_the_marks(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py", "three.py"):
        studio.end(studio.submit("print(1)", query_name=name)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("down")
        before = table(pilot).cursor
        await pilot.press("slash", *"three")
        await until(pilot, lambda: len(table(pilot).keys) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        assert table(pilot).cursor == before

        await pilot.press("slash", *"one", "enter")
        await until(pilot, lambda: len(table(pilot).keys) == 1)
        await until_shown(pilot, "one.py", "1 of 3")
        await pilot.press("slash", *"two", "enter")
        await until_shown(pilot, "two.py", "1 of 3")

        await pilot.press("space")
        await until_shown(pilot, "1 of 3", "1 marked")
        await pilot.press("escape")
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        await until_shown(pilot, "1 marked")
        await pilot.press("escape")
        await until(pilot, lambda: "marked" not in screen_text(pilot))
        assert isinstance(pilot.app.screen, JobsScreen)


@pytest.fixture
def studio_of_a_screen(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio that has seen a few more jobs than a screen shows."""
    with studio_with(26, tmp_path / "studio") as studio:
        yield studio


@pytest.mark.starts_processes
async def test_new_jobs_are_seen_at_the_top_and_counted_elsewhere(
    studio_of_a_screen: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_of_a_screen
    async with dashboard(studio, tmp_path, size=(120, 24)) as pilot:
        await until_shown(pilot, "embed_25.py")
        await pilot.press("down", "up")
        await call(studio.submit, "print(1)", query_name="first.py")
        await until_shown(pilot, "first.py")
        await until(pilot, lambda: table(pilot).cursor == table(pilot).keys[0])
        await pilot.press("end")
        for _ in range(6):
            await call(studio.submit, "print(1)", query_name="unseen.py")
        await until_shown(pilot, "↑ 6 new", "embed_0.py")
        await pilot.press("g")
        await until_shown(pilot, "unseen.py")
        assert "new" not in screen_text(pilot).splitlines()[2]


async def test_the_cursor_stays_with_its_job_while_others_come(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = [str(studio.end(studio.submit("print(1)")["id"])["id"]) for _ in range(3)]
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("down")
        assert table(pilot).cursor == ids[1]
        await call(studio.submit, "print(2)")
        await until(pilot, lambda: len(table(pilot).keys) == 4)
        assert table(pilot).cursor == ids[1]


async def test_the_place_is_found_again_after_a_restart(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = [
        str(studio.end(studio.submit("print(1)", query_name="same.py")["id"])["id"])
        for _ in range(3)
    ]
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("slash", *"same", "enter", "N", "N", "down", "i")
        await until(pilot, lambda: table(pilot).cursor is not None)
        cursor = table(pilot).cursor
        await pilot.pause()
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, lambda: table(pilot).cursor == cursor)
        await until_shown(pilot, "same", "by name, reversed")
        assert not pilot.app.screen.query_one("#preview").display
        assert cursor in ids


async def test_an_outage_is_shown_the_data_stays_and_it_recovers_alone(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="kept.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● live")
        await call(studio.kill)
        await until_shown(pilot, "local Studio stopped: `studio-tui local`", "kept.py")
        await call(studio.restart)
        await until_shown(pilot, "● live", "kept.py")


async def test_during_an_outage_ages_continue_and_run_times_stop(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = studio.submit("import time; time.sleep(600)", query_name="kept.py")["id"]
    studio.until(job_id, "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "● live", "RUNNING")
        await call(studio.kill)
        await until_shown(pilot, "local Studio stopped")
        now = clock.now
        monkeypatch.setattr(clock, "now", lambda: now() + timedelta(hours=3))
        await until_shown(pilot, "✗ stale 3h", "(3h ago)")
        assert "for 0:" in screen_text(pilot)


async def test_environment_values_are_masked_until_requested(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", environment="SECRET=canary\nMODE=fast")["id"])
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


async def test_the_neighbours_of_a_job_are_one_key_away(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        studio.end(studio.submit("print(1)", query_name=name)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("enter")
        await until_shown(pilot, "› two.py")
        await pilot.press("J")
        await until_shown(pilot, "› one.py")
        await pilot.press("K")
        await until_shown(pilot, "› two.py")


async def test_help_lists_the_keys_and_does_what_is_chosen(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="b.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys of", "Cancel the job, after confirmation")
        await pilot.press(*"sort by name", "enter")
        await until_shown(pilot, "sorted by name")


async def test_the_footer_can_be_clicked(studio: ThreadStudio, tmp_path: Path) -> None:
    studio.end(studio.submit("print(1)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "run again")
        line = screen_text(pilot).splitlines()[-1]
        await pilot.click("#keys", offset=(line.index("run again"), 0))
        await until_shown(pilot, "Run this job again as it was?")


async def test_every_size_shows_the_jobs(studio: ThreadStudio, tmp_path: Path) -> None:
    studio.end(studio.submit("print(1)", query_name="size.py")["id"])
    async with dashboard(studio, tmp_path, size=(40, 10)) as pilot:
        for size in ((40, 10), (60, 16), (79, 20), (80, 24), (119, 30), (200, 60)):
            await pilot.resize_terminal(*size)
            await until_shown(pilot, "✓ COMPLETE", "size.py")
            widths = {len(line) for line in screen_text(pilot).splitlines()}
            assert widths == {size[0]}


async def test_leaving_asks_for_a_second_q(studio: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("q")
        await until_shown(pilot, "Press q again to quit")
        assert "keep running" not in screen_text(pilot), "there are no jobs"
        assert pilot.app.is_running
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.return_code == 0)


async def test_a_refused_token_stops_everything_and_another_can_be_entered(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="kept.py")["id"])
    right, studio.token = studio.token, "wrong-token-0123456789"
    async with dashboard(studio, tmp_path, answered=False) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        await until_shown(pilot, "Polling has stopped")
        studio.token = right
        await pilot.press(*right, "enter")
        await until_shown(pilot, "kept.py", "● live")
        assert right not in screen_text(pilot)


@contextmanager
def studio_with(jobs: int, data_dir: Path) -> Iterator[ThreadStudio]:
    """Run a local Studio that has `jobs` finished jobs."""
    fill(data_dir, jobs)
    studio = ThreadStudio(data_dir)
    with closing(studio):
        yield studio


@pytest.fixture
def busy_studio(tmp_path: Path) -> Iterator[LocalStudio]:
    """A local Studio that has seen 250 jobs."""
    with studio_with(250, tmp_path / "studio") as studio:
        yield studio


@pytest.mark.starts_processes
async def test_older_jobs_load_on_demand_and_a_filter_says_how_many_it_covered(
    busy_studio: LocalStudio, tmp_path: Path
) -> None:
    async with dashboard(busy_studio, tmp_path) as pilot:
        await until_shown(pilot, "Jobs 100+", "newest, M loads older", "✗0")
        await pilot.press("slash", *"nosuchjob", "enter")
        await until_shown(pilot, "None of the newest 100 jobs matches the filter.")
        await pilot.press("escape", "M")
        await until_shown(pilot, "Jobs 200+")
        await pilot.press("G")
        await until(pilot, lambda: len(table(pilot).keys) == 250)
        await until_shown(pilot, "Jobs 250 ")
        assert "M loads older" not in screen_text(pilot)
    async with dashboard(busy_studio, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 250)
        assert "M loads older" not in screen_text(pilot)


@pytest.fixture
def studio_of_a_page(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio that has seen nearly as many jobs as are loaded at first."""
    with studio_with(98, tmp_path / "studio") as studio:
        yield studio


@pytest.mark.starts_processes
async def test_jobs_that_came_in_while_it_was_open_are_loaded_after_a_restart(
    studio_of_a_page: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_of_a_page
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "Jobs 98 ")
        for _ in range(4):
            await call(lambda: studio.submit("print(1)"))
        await until_shown(pilot, "Jobs 102 ")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "Jobs 102 ")
        assert "M loads older" not in screen_text(pilot)


def marked(pilot: Dashboard) -> set[str]:
    return set(table(pilot).marked)


async def test_marks_are_set_singly_in_a_range_and_for_all_that_pass_the_filter(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    names = ["one.py", "two.py", "three.py", "four.py"]
    made = [str(studio.end(studio.submit("1", query_name=n)["id"])["id"]) for n in names]
    four, three, two, one = reversed(made)
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("space")
        await until_shown(pilot, "1 marked")
        assert marked(pilot) == {four}
        assert table(pilot).cursor == three
        await pilot.press("down", "v")
        assert marked(pilot) == {four, three, two}
        await until_shown(pilot, "3 marked")
        await pilot.press("space")
        assert marked(pilot) == {four, three}
        assert table(pilot).cursor == one
        await pilot.press("u")
        assert not marked(pilot)
        await until(pilot, lambda: "marked" not in screen_text(pilot))
        await pilot.press("slash", *"name~^t", "enter")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
        await pilot.press("a")
        assert marked(pilot) == {two, three}


async def test_marks_outlive_refreshes_and_a_restart_of_the_dashboard(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    first = str(studio.end(studio.submit("1", query_name="one.py")["id"])["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("space")
        await call(studio.submit, "2", query_name="two.py")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
        assert marked(pilot) == {first}
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "1 marked", "two.py")
        assert marked(pilot) == {first}


async def test_a_marked_job_that_leaves_the_list_is_dropped_and_the_user_is_notified(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    kept = str(studio.end(studio.submit("1")["id"])["id"])
    (tmp_path / "view.json").write_text(view_text(ListView(marks=(kept, "no-such-job"))))
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "1 marked", "1 marked job is no longer in the list")
        assert marked(pilot) == {kept}


async def test_a_row_that_goes_before_the_move_to_it_is_handled_raises_no_error(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        studio.end(studio.submit("print(1)", query_name=name)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one.py", "two.py")
        rows, screen = table(pilot), pilot.app.screen
        assert isinstance(screen, JobsScreen)
        rows.action_last()
        rows.post_message(
            BigTable.HeaderClicked(rows, "no column")
        )  # else the next one replaces it
        rows.show([])
        await pilot.pause()
        assert pilot.app.screen is screen


PRINTS = "import os\nfor n in range(50): print('step', n)\nraise RuntimeError('corrupt tile 17')"


async def test_the_preview_shows_the_whole_error_and_the_last_lines(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit(PRINTS, query_name="prints.py")["id"])
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        for size in ((80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await until_shown(pilot, "end of the log", "RuntimeError: corrupt tile 17")
            assert "–" not in screen_text(pilot).split("status ")[1]


async def test_nothing_is_asked_of_a_log_while_there_is_no_preview(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.end(studio.submit(PRINTS, query_name="prints.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "end of the log")
        look = pilot.app.screen
        assert isinstance(look, JobsScreen)
        await pilot.press("i")
        later = await call(studio.submit, PRINTS)
        await until(pilot, lambda: table(pilot).cursor == later["id"])
        assert look.session.job_details.get(str(job["id"])).end is not None
        assert look.session.job_details.get(str(later["id"])).end is None
        await pilot.press("i")
        await until(pilot, lambda: look.session.job_details.get(str(later["id"])).end is not None)


async def test_commands_on_the_row_of_a_group_apply_to_its_jobs(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    shards = [studio.submit("print(1)", query_name=f"shard_{n}.py")["id"] for n in range(3)]
    bad = studio.submit("raise KeyError('x')", query_name="shard_9.py")["id"]
    studio.submit("print(1)", query_name="other.py")
    for job_id in (*shards, bad):
        studio.end(job_id)
    async with dashboard(studio, tmp_path) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        await until(pilot, lambda: len(table(pilot).keys) == 5)
        await pilot.press("end")
        await until(pilot, lambda: table(pilot).cursor == shards[0])
        await pilot.press("b", "b")
        await until(pilot, lambda: (table(pilot).cursor or "").startswith("▸"))
        await until_shown(pilot, "by name", "▸ 4 jobs", "shard_*.py", "Jobs 5", "KeyError: 'x'")
        assert len(table(pilot).keys) == 3, "the failed one stays in sight"
        await pilot.press("end", "up")
        await until_shown(pilot, "1 × KeyError: 'x'")
        assert {job.id for job in screen.marked_jobs()} == {*shards, bad}
        await pilot.press("r")
        await until_shown(pilot, "Run 4 jobs again as they were?", "1 failed, 3 complete.")
        await pilot.press("n", "e")
        await until_shown(pilot, "Edit 4 jobs")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("x")
        await until_shown(pilot, "None of the 4 jobs can be canceled: 4 have ended")
        await pilot.press("space")
        assert set(screen.view.marks) == {*shards, bad}
        assert len(table(pilot).marked) == 5, "the group bears a mark too"
        await pilot.press("u", "up", "up", "down", "enter")
        await until_shown(pilot, "▾ 4 jobs")
        assert len(table(pilot).keys) == 6
        await pilot.press("enter")
        await until_shown(pilot, "▸ 4 jobs")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "by name", "▸ 4 jobs")
        await pilot.press("b")
        await until(pilot, lambda: len(table(pilot).keys) == 5)


async def test_the_cursor_is_on_the_group_that_its_job_is_folded_into(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    tiles = [studio.submit("print(1)", query_name=f"tile_{n}.py")["id"] for n in range(2)]
    shard = studio.submit("print(1)", query_name="shard_0.py")["id"]
    for job_id in (*tiles, shard):
        studio.end(job_id)
    running = studio.submit(SLEEP, query_name="shard_1.py")["id"]
    studio.until(running, "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 4)
        await pilot.press("b", "b")
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        groups = table(pilot).keys[0], table(pilot).keys[2]
        await pilot.press("home", "down")
        await until(pilot, lambda: table(pilot).cursor == running)
        await call(studio.cancel, running)
        await until(pilot, lambda: tuple(table(pilot).keys) == groups)
        assert table(pilot).cursor == groups[0], "the group that has the job, not the next row"


async def test_the_cursor_is_at_the_top_again_when_all_rows_have_left_a_filter(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    made = [studio.submit("import time; time.sleep(600)", query_name=f"{n}.py") for n in range(5)]
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, lambda: len(table(pilot).keys) == 5)
        await pilot.press("slash", *"is:active", "enter")
        await until_shown(pilot, "5 of 5")
        for each in made:
            await call(studio.cancel, each["id"])
        await until_shown(pilot, "No job matches the filter.")
        await pilot.press("escape")
        await until(pilot, lambda: len(table(pilot).keys) == 5)
        assert table(pilot).cursor == table(pilot).keys[0]


async def test_the_row_under_the_cursor_stays_when_it_no_longer_passes_the_filter(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    last, middle, first = (str(studio.submit(SLEEP, query_name=f"{n}.py")["id"]) for n in "cba")
    async with dashboard(studio, tmp_path, size=(160, 24)) as pilot:
        await pilot.press("slash", *"is:active", "enter")
        await until(pilot, lambda: len(table(pilot).keys) == 3)
        await pilot.press("down")
        await call(studio.cancel, middle)
        await until_shown(pilot, "2 of 3", "current row no longer matches", "CANCELED")
        assert list(table(pilot).keys) == [first, middle, last]
        assert table(pilot).cursor == middle
        await pilot.press("a")
        assert marked(pilot) == {first, last}
        await pilot.press("down")
        await until(pilot, lambda: list(table(pilot).keys) == [first, last])
        assert table(pilot).cursor == last
        await until(pilot, lambda: "no longer matches" not in screen_text(pilot))


async def test_under_a_filter_the_cursor_stays_on_the_topmost_row_as_newer_ones_come(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    first = studio.end(studio.submit("print(1)", query_name="train_1.py")["id"])["id"]
    studio.end(studio.submit("print(1)", query_name="other.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("slash", *"train", "enter")
        await until(pilot, lambda: list(table(pilot).keys) == [first])
        await pilot.press("g")
        await call(studio.submit, "print(1)", query_name="train_2.py")
        await until(pilot, lambda: len(table(pilot).keys) == 2)
        assert table(pilot).cursor == first


async def test_back_from_a_row_the_cursor_is_on_it_though_newer_rows_have_come(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="opened.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "▌ ✓ COMPLETE   opened.py")
        await pilot.press("enter")
        await until_shown(pilot, "opened.py (")
        studio.end(studio.submit("print(1)", query_name="newer.py")["id"])
        await pilot.press("q")
        await until_shown(pilot, "newer.py", "▌ ✓ COMPLETE   opened.py")


async def test_under_a_filter_with_a_mistake_not_all_are_marked_and_esc_removes_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="one.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one.py")
        await pilot.press("slash", *"age<soon")
        await until_shown(pilot, "needs a time span such as 30m", "one.py")
        await pilot.press("escape")
        await until(pilot, lambda: "needs a time span" not in screen_text(pilot))
        await pilot.press("/", *"status=faild", "enter")
        await until_shown(pilot, "“faild” is not a status")
        await pilot.press("a")
        await until_shown(pilot, "The filter has an error")
        screen = await jobs_screen(pilot)
        assert screen.view.marks == ()
        await pilot.press("escape")
        await until(pilot, lambda: "“faild” is not a status" not in screen_text(pilot))
        await pilot.press("a")
        await until(pilot, lambda: len(screen.view.marks) == 1)


async def test_marked_schedules_are_not_canceled_with_jobs_and_the_user_is_notified(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit("print(1)", query_name="nightly.py", cron_expression="0 3 1 1 *")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "nightly.py")
        await pilot.press("a", "x")
        said = pilot.app._notifications
        await until(
            pilot, lambda: any("1 has to be canceled in Schedules" in one.message for one in said)
        )
        await pilot.press("u", "x")
        await until_shown(
            pilot,
            "Cancel this schedule?",
            "runs    0 3 1 1 *",
            "It creates no more jobs",
            "n  Keep it",
        )
        await pilot.press("n", "enter")
        await until_shown(pilot, "nightly.py (", "schedule     0 3 1 1 *", "next runs")


async def test_the_page_of_a_job_follows_other_runs_of_its_name(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail_screen, "PAST_AGAIN", 0.1)
    studio.end(studio.submit("print(1)", query_name="again.py")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "again.py", "✓ COMPLETE")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        assert "usual" not in screen_text(pilot)
        for count in ("1 run", "2 runs"):
            await call(lambda: studio.end(studio.submit("print(1)", query_name="again.py")["id"]))
            await until_shown(pilot, "usual", f"from {count} ")
