import asyncio
from pathlib import Path

from studio_tui.tui.jobs.list_screen import JobsScreen
from tests import faults
from tests.fault_proxy import Exchange, Fault, FaultProxy, Seen, StreamFault
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until, until_shown
from tests.tui.jobs.test_create import FailingCreates, hurry
from tests.tui.jobs.test_rerun import asked, submit
from tests.waiting import eventually

NAMES = ("one.py", "two.py", "three.py")


async def test_marked_jobs_are_run_again_after_one_question_with_a_report_on_each(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in NAMES:
        studio.end(studio.submit("print(1)", query_name=name)["id"])
    refusal = faults.answer_json({"message": "not now"}, "400 Bad Request")
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = FailingCreates(refusal)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await hurry(pilot, tmp_path)
            await until_shown(pilot, *NAMES)
            await pilot.press("a", "r")
            await until_shown(pilot, "Run 3 marked jobs again as they were?", *NAMES)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert len(studio.jobs()) == 3
            await pilot.press("r")
            await until_shown(pilot, "Run 3 marked jobs again as they were?")
            await pilot.press("y")
            await until_shown(pilot, "2 of 3 jobs created", "not now", "created as")
    assert len(studio.jobs()) == 5


async def test_marked_jobs_are_continued_each_from_its_own_checkpoints(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.before(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        ours = await submit(pilot, tmp_path)
        theirs = [studio.submit("print(1)", query_name=name)["id"] for name in NAMES[:2]]
        for job_id in (ours.id, *theirs):
            await asyncio.to_thread(studio.end, job_id)
        await until_shown(pilot, "read.sh", *NAMES[:2], "✓3")
        await pilot.press("a", "R")
        await until_shown(
            pilot,
            "Run 3 marked jobs again from their checkpoints?",
            f"read.sh ({ours.id[:8]}): priority 1, uploaded files notes.txt (5 B)",
            "Settings beside a job are those submitted from this dashboard.",
            "Server default of 2 jobs: priority, credentials",
            "uploaded files of 2 jobs: none are sent, because Studio does not say which",
        )
        await pilot.press("y")
        await until_shown(pilot, "3 of 3 jobs created", "created as read.sh", "created as two.py")
        repeats = asked(proxy)[1:]
        assert {request["rerun_from_job_id"] for request in repeats} == {ours.id, *theirs}
        for request in repeats:
            is_ours = request["rerun_from_job_id"] == ours.id
            assert request.get("priority") == (1 if is_ours else None)
            assert bool(request.get("files")) is is_ours
    for made in studio.jobs():
        assert studio.end(made["id"])["status"] == "COMPLETE"


SLEEP = "import time; time.sleep(120)"


async def submit_many(studio: ThreadStudio, count: int) -> list[str]:
    """Have jobs made of which a few run and the others wait; return their ids."""
    return [
        str((await asyncio.to_thread(studio.submit, SLEEP, query_name=f"job_{n:02}.py"))["id"])
        for n in range(count)
    ]


def states_of(studio: ThreadStudio) -> dict[str, str]:
    return {job["id"]: job["status"] for job in studio.jobs()}


async def test_all_marked_jobs_are_canceled_after_one_question_that_counts_them_by_state(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ended = str((await asyncio.to_thread(studio.submit, "print(1)", query_name="ended.py"))["id"])
    await asyncio.to_thread(studio.end, ended)
    ids = await submit_many(studio, 30)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "job_29.py", "● RUNNING")
        await pilot.press("a")
        await until_shown(pilot, "31 marked")
        await pilot.press("x")
        await until_shown(
            pilot, "Cancel 30 of 31 marked jobs?",
            " queued.", "Left out: 1 has ended.",
            "and ", " more", "Cancel 30 jobs",
        )  # fmt: skip
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        assert "CANCELED" not in states_of(studio).values()
        await pilot.press("x", "y")
        await until_shown(pilot, "Cancellation requested for 30 of 30 jobs")
        await until_shown(pilot, "⊗30")
        assert " marked" not in screen_text(pilot)
    all_ended = dict.fromkeys(ids, "CANCELED") | {ended: "COMPLETE"}
    await asyncio.to_thread(
        eventually, lambda: states_of(studio) == all_ended, lambda: states_of(studio)
    )


class RefusedCancels:
    """A plan for the proxy: cancels of these jobs are refused, as long as there are any."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)

    def fault(self, seen: Seen) -> Fault | None:
        if seen.path.endswith("/cancel") and seen.path.split("/")[-2] in self.ids:
            return faults.answer_json({"message": "not now"}, "409 Conflict")
        return None

    def stream_fault(self) -> StreamFault:
        return lambda frames: frames


async def test_what_was_refused_is_reported_with_the_reason_and_keeps_its_mark(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = await submit_many(studio, 5)
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = plan = RefusedCancels(*ids[:2])
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, "job_04.py", "● RUNNING")
            await pilot.press("a", "x", "y")
            await until_shown(pilot, "requested for 3 of 5 jobs", f"({ids[0][:8]}): not now")
            await pilot.press("o")
            await until_shown(pilot, "2 marked")
            plan.ids.clear()
            await pilot.press("x")
            await until_shown(pilot, "Cancel 2 marked jobs?", "job_00.py", "job_01.py")
            await pilot.press("y")
            await until_shown(pilot, "Cancellation requested for 2 of 2 jobs", "⊗5")
            assert " marked" not in screen_text(pilot)


async def test_of_marked_jobs_some_of_which_end_under_the_question_the_others_are_canceled(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = await submit_many(studio, 3)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "job_02.py", "● RUNNING")
        await pilot.press("a", "x")
        await until_shown(pilot, "Cancel 3 marked jobs?")
        await asyncio.to_thread(studio.cancel, ids[0])
        await until_shown(pilot, "Meanwhile 1 has ended: 2 will be canceled.")
        await pilot.press("y")
        await until_shown(pilot, "Cancellation requested for 2 of 2 jobs")
        await until_shown(pilot, *(f"⊗ CANCELED   job_0{number}.py" for number in range(3)))
        assert " marked" not in screen_text(pilot)
        await pilot.press("f8")
        await until_shown(pilot, "cancellation requested; canceled now")
        assert "being canceled" not in screen_text(pilot)


async def test_progress_is_shown_in_the_frame_and_leaves_the_keys_alone(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    await submit_many(studio, 12)
    gate = asyncio.Event()

    async def held(exchange: Exchange) -> None:
        await gate.wait()
        await exchange.send((await exchange.forward()).encoded())

    class Held(RefusedCancels):
        def fault(self, seen: Seen) -> Fault | None:
            return held if seen.path.endswith("/cancel") else None

    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = Held()
        async with dashboard(studio, tmp_path, url=proxy.url, size=(80, 24)) as pilot:
            await until_shown(pilot, "job_11.py", "● RUNNING")
            await pilot.press("a", "x", "y")
            await until_shown(pilot, "Canceling 0 of 12")
            await pilot.press("slash", *"job_03", "enter")
            await until_shown(pilot, "filter job_03", "Canceling 0 of 12")
            await pilot.press("4")
            await until_shown(pilot, "No schedules.", "Canceling 0 of 12")
            await pilot.press("q")
            warning = "Press q again to quit; 12 running commands are abandoned"
            await until(pilot, lambda: warning in [n.message for n in pilot.app._notifications])
            gate.set()
            await until_shown(pilot, "Cancellation requested for 12 of 12 jobs")
            await until(pilot, lambda: "Canceling" not in screen_text(pilot))
            await pilot.press("f8")
            await until_shown(pilot, "✓ job_03.py")
    assert set(states_of(studio).values()) <= {"CANCELED", "CANCELING"}


async def test_a_refusal_while_another_page_is_in_sight_takes_no_keys_from_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = await submit_many(studio, 3)
    gate = asyncio.Event()

    async def refused_later(exchange: Exchange) -> None:
        await gate.wait()
        await faults.answer_json({"message": "not now"}, "409 Conflict")(exchange)

    class Later(RefusedCancels):
        def fault(self, seen: Seen) -> Fault | None:
            return refused_later if seen.path.endswith("/cancel") else None

    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = Later(*ids)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, "job_02.py", "● RUNNING")
            await pilot.press("a", "x", "y")
            await until_shown(pilot, "Canceling 0 of 3")
            await pilot.press("n", *"pri")
            gate.set()
            await until_shown(pilot, "requested for 0 of 3 jobs", "f8 shows the outcome of each")
            await pilot.press(*"nt")
            await until_shown(pilot, "print")


async def test_marked_jobs_of_which_none_can_be_canceled_are_reported_as_ended(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in NAMES:
        await asyncio.to_thread(studio.end, studio.submit("print(1)", query_name=name)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, *NAMES, "✓3")
        await pilot.press("a", "x")
        await until_shown(pilot, "None of the 3 marked jobs can be canceled: 3 have ended")


async def test_the_ids_of_all_marked_jobs_are_copied_and_the_footer_names_what_acts_on_marks(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = await submit_many(studio, 3)
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await until_shown(pilot, "job_02.py", "● RUNNING")
        await pilot.press("a")
        await until_shown(
            pilot, "x cancel", "r run again", "R continue", "e edit", "L merged log", "u unmark all"
        )
        await pilot.press("c")
        await until_shown(pilot, "The ids of 3 jobs")
        assert sorted(pilot.app.clipboard.split("\n")) == sorted(ids)


async def test_marks_of_jobs_that_have_ended_are_taken_away_by_a_key(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    await asyncio.to_thread(studio.end, studio.submit("print(1)", query_name="short.py")["id"])
    going = await submit_many(studio, 1)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "short.py", "● RUNNING")
        await pilot.press("a")
        screen = pilot.app.screen
        assert isinstance(screen, JobsScreen)
        await until(pilot, lambda: len(screen.view.marks) == 2)
        await pilot.press("U")
        await until(pilot, lambda: list(screen.view.marks) == going)
        await pilot.press("U")
        await until_shown(pilot, "No marked job has ended")


async def test_jobs_run_again_lose_their_marks_and_the_refused_one_keeps_its_own(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in NAMES:
        await asyncio.to_thread(studio.end, studio.submit("print(1)", query_name=name)["id"])
    refusal = faults.answer_json({"message": "not now"}, "400 Bad Request")
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = FailingCreates(refusal)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await hurry(pilot, tmp_path)
            await until_shown(pilot, *NAMES)
            await pilot.press("a", "r")
            await until_shown(pilot, "Run 3 marked jobs again as they were?")
            await pilot.press("y")
            await until_shown(pilot, "2 of 3 jobs created", "not now")
            await pilot.press("o")
            await until_shown(pilot, "1 marked")
            await pilot.press("r")
            await until_shown(pilot, "Run 1 marked job again as it was?")
            await pilot.press("y")
            await until_shown(pilot, "1 of 1 job created")
            await pilot.press("o")
            await until(pilot, lambda: " marked" not in screen_text(pilot))
    assert len(studio.jobs()) == 6
