from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.api.models import JobInput
from studio_tui.clock import now
from studio_tui.service.commands.create_job import Created, SearchExtent, UnconfirmedJob
from studio_tui.service.commands.journal import Intent, IntentOutcome, Journal, OpenIntent
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.create import confirm_forget, create_and_notify
from studio_tui.tui.jobs.naming import title
from tests import faults
from tests.fault_proxy import Exchange, FaultProxy, ReceivedRequest
from tests.jobs import job
from tests.journals import entries
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown


def journal_of(folder: Path) -> Journal:
    """Return the journal that a dashboard keeps in a folder."""
    return Journal(folder / "spool" / "intents", "")


class FailingCreates:
    """A plan for the proxy: the first requests to create a job meet these faults."""

    def __init__(self, *create_faults: Any) -> None:
        self._faults = list(create_faults)

    def fault(self, seen: ReceivedRequest) -> Any:
        is_create = seen.method == "POST" and seen.path.endswith("/jobs/")
        return self._faults.pop(0) if is_create and self._faults else None


async def run_again(pilot: Dashboard) -> None:
    """Run the job under the cursor again, by keys."""
    await pilot.press("r")
    await until_shown(pilot, "Run this job again unchanged?")
    await pilot.press("y")


async def created_502(exchange: Exchange) -> None:
    """Let Studio create the job, and answer that it failed."""
    await exchange.forward()
    await faults.html_502()(exchange)


@pytest.mark.starts_processes
@pytest.mark.usefixtures("short_rests")
async def test_a_job_whose_response_was_lost_is_found_or_asked_about_and_never_created_twice(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_three_jobs
    lost_answers = (faults.drop_response, created_502, faults.reset, faults.reset)
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = FailingCreates(*lost_answers)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            for number in (4, 5):
                with step(f"job {number} is found, and not created twice"):
                    await run_again(pilot)
                    await until_shown(pilot, "Checking", "created as three.py")
                    assert len(studio.jobs()) == number
                    pilot.app.clear_notifications()
            question = ("It is unknown whether", "three.py", "not among the newest 5 jobs that")
            with step("the user is asked, and enter does not send the request again"):
                await run_again(pilot)
                await until_shown(pilot, *question)
                await pilot.press("enter")
                await until_shown(pilot, "Not sent again. If three.py was created after all")
                assert len(studio.jobs()) == 5
            with step("the user is asked, and y sends the request again"):
                await run_again(pilot)
                await until_shown(pilot, *question)
                await pilot.press("y")
                await until_shown(pilot, "created as three.py")
                assert len(studio.jobs()) == 6
            with step("the question appears even after its screen was closed"):
                proxy.plan = FailingCreates(faults.stall_and_reset(1.0))
                await pilot.press("enter")
                await until_shown(pilot, "Summary")
                await run_again(pilot)
                await pilot.press("q")
                await until_shown(pilot, "It is unknown whether")
    applied, given_up = IntentOutcome.APPLIED, IntentOutcome.GIVEN_UP
    outcomes = [entry.outcome for entry in entries(journal_of(tmp_path))]
    assert outcomes[:4] == [applied, applied, given_up, applied]


async def test_an_unconfirmed_request_of_an_earlier_run_is_asked_about_until_the_user_drops_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    journal = journal_of(tmp_path)
    for name, answer, words in (
        ("[red]lost.py[/]\x1b[31m", "enter", ("A requested job may not", "It is not among")),
        ("other.py", "y", ("2 requested jobs may not", "They are not among", "other.py")),
    ):
        request = JobInput(query="print(1)", team_name="local", query_name=name)
        journal.begin(Intent.of(request, now() - timedelta(hours=1), is_labeled=True)).close()
        async with dashboard(studio, tmp_path) as pilot:
            await until_shown(pilot, "[red]lost.py[/]", *words)
            assert "\x1b" not in screen_text(pilot)
            await pilot.press(answer)
            await until(pilot, lambda: not isinstance(pilot.app.screen, Confirm))
            await until(pilot, lambda: "unsettled" not in {w.name for w in pilot.app.workers})
    assert [entry.outcome for entry in entries(journal)] == [IntentOutcome.GIVEN_UP] * 2


async def test_an_unlabeled_request_of_an_earlier_run_is_not_said_to_have_created_nothing(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.submit("print(1)", query_name="lost.py")
    request = JobInput(query="print(1)", team_name="local", query_name="lost.py")
    journal_of(tmp_path).begin(Intent.of(request, now(), is_labeled=False)).close()
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "It cannot be told whether it is among the newest 1 job")


async def test_commands_stay_with_the_cursor_after_a_rerun_and_a_key_goes_to_the_new_job(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    old_id = studio.wait_for_end(studio.submit("print('printed')", query_name="again.py")["id"])[
        "id"
    ]

    class FrozenList:
        """A plan for the proxy: each request for the list of jobs gets the first response."""

        first_response: bytes | None = None

        async def _repeat(self, exchange: Exchange) -> None:
            self.first_response = self.first_response or (await exchange.forward()).encode()
            await exchange.send(self.first_response)

        def fault(self, seen: ReceivedRequest) -> Any:
            is_list = seen.method == "GET" and seen.path.endswith("/jobs/")
            return self._repeat if is_list and "limit=100" in seen.target else None

    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = FrozenList()
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, "again.py")
            await run_again(pilot)
            await until_shown(pilot, "created as again.py", "> goes to it")
            new_id = next(job["id"] for job in studio.jobs() if job["id"] != old_id)
            await pilot.press("l")
            await until_shown(pilot, f"again.py ({old_id[:8]}) › Log", "printed")
            await pilot.press("q", "enter")
            await until_shown(pilot, old_id, "Environment")
            await pilot.press("greater_than_sign")
            await until_shown(pilot, new_id, "repeats", f"{old_id[:8]}… ✓ again.py")
            await pilot.press("q")


@pytest.mark.parametrize("order", [1, -1])
def test_a_question_about_several_requests_describes_the_least_complete_search(
    order: int,
) -> None:
    intent = Intent.of(JobInput(query="print(1)", team_name="t"), now(), is_labeled=True)
    searches = [SearchExtent(2, 9), SearchExtent(2, 9, are_labels_known=False)][::order]
    question = confirm_forget(
        [UnconfirmedJob(intent, each, open_intent=OpenIntent(intent, 0)) for each in searches]
    )
    assert any("cannot be told whether they are among" in line.text for line in question._lines)


async def test_the_notice_about_a_manual_run_names_no_key_of_a_page_opened_meanwhile() -> None:
    key_to_newest = SimpleNamespace(binding=SimpleNamespace(id="job.after"))
    notes: list[str] = []
    app = SimpleNamespace(
        screen=SimpleNamespace(active_bindings={"greater_than_sign": key_to_newest}),
        notify=lambda words, **_options: notes.append(words),
    )

    async def create(*_arguments: Any, **_options: Any) -> Created:
        return Created(job(1))

    request = JobInput(query="print(1)", team_name="t")
    await create_and_notify(cast(Any, app), cast(Any, SimpleNamespace(create=create)), request)
    assert notes == [f"Created: {title(job(1))}"]
