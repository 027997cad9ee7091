"""Stopping and pausing pipelines: what can be undone, and when a failure is reported."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from textual.geometry import Size

from studio_tui.api.models import Pipeline
from studio_tui.errors import NotSent
from studio_tui.service.commands.batch import Batches
from studio_tui.service.commands.pipelines import PauseOutcome, StillRunning, StopOutcome
from studio_tui.tui.pipelines.controller import PipelineController
from tests.pipelines import pipeline
from tests.tui.jobs.test_controller import NotifyingApp, Screen

IDLE = pipeline(1, runs={"a": "COMPLETE", "b": "PENDING"})
BUSY = pipeline(2, runs={"a": "RUNNING", "b": "PENDING"})


class App(NotifyingApp):
    """An app whose workers are run by the test, on a terminal of 80×24."""

    size = Size(80, 24)
    screen = None  # type: ignore[assignment]
    focused = None

    def __init__(self, host: "Host") -> None:
        super().__init__(host.notify_user)
        self.work: Any = None

    def run_worker(self, work: Any, *_: Any, **__: Any) -> Any:
        self.work = work


class Host(Screen):
    """A screen whose held commands are all undone; `unreachable` pipelines cannot be paused."""

    def __init__(self, *unreachable: Pipeline) -> None:
        super().__init__(answer=True)
        self.paused_later: tuple[Pipeline, ...] = ()
        """Pipelines that Studio does not pause at once."""
        self.app: App = App(self)
        self.events: list[str] = []
        self._unreachable = unreachable
        self.session.can_restart = self.session.is_restarting = False
        self.session.jobs.snapshot.error = None
        self.session.endings = SimpleNamespace(watch_pipelines=lambda _: None)
        self.session.batches = Batches()
        self.session.held = SimpleNamespace(may_be_sent=self._hold)
        self.session.commands.pipelines = SimpleNamespace(
            pause=self._pause, resume=self._pause, stop=self._stop
        )  # fmt: skip

    async def run(self, key: str, *marked: Pipeline, current: Pipeline | None = None) -> list[str]:
        """Run the command of a key and its worker; return what was held, requested or reported."""
        commands = PipelineController(self, lambda: current, lambda: marked)
        await (commands.stop if key == "X" else commands.pause_or_resume)()
        if self.app.work is not None:
            await self.app.work()
        return self.events

    def notify_user(self, words: str, _severity: str = "information") -> None:
        self.events.append(words)

    async def _hold(self, words: str, _targets: frozenset[str], _names: str) -> bool:
        self.events.append(f"z undo {words}")
        return False

    async def _pause(self, each: Pipeline) -> PauseOutcome:
        if each in self._unreachable:
            raise NotSent("no route to Studio")
        self.events.append(f"pause {each.name}")
        return PauseOutcome.REQUESTED if each in self.paused_later else PauseOutcome.PAUSED

    async def _stop(self, each: Pipeline) -> StopOutcome:
        self.events.append(f"stop {each.name}")
        return StopOutcome((), (), (), (), each, starts_more_jobs=False)


@pytest.mark.parametrize("marked", [(IDLE,), ()])
async def test_stopping_waits_for_an_undo_only_if_there_are_jobs_to_cancel(
    marked: tuple[Pipeline, ...],
) -> None:
    events = await Host().run("X", *marked, current=IDLE)
    assert events[:2] == ["pause pipeline-1", "stop pipeline-1"]
    assert not any(event.startswith("z undo") for event in events)
    events = await Host().run("X", *(marked and (IDLE, BUSY)), current=BUSY)
    assert any(event.startswith("z undo canceling jobs of") for event in events)
    assert not any(event.startswith("stop ") for event in events)


async def test_a_failed_pause_of_a_marked_pipeline_is_reported_before_jobs_are_canceled() -> None:
    events = await Host(BUSY).run("X", IDLE, BUSY)
    report = next(index for index, event in enumerate(events) if "1 of 2 pipelines" in event)
    assert "not paused yet, first pipeline-2 of local.local.report" in events[report]
    assert "no route to Studio" in events[report]
    assert report < next(index for index, event in enumerate(events) if "z undo" in event)


async def test_a_question_says_what_would_be_canceled_before_it_names_many_pipelines() -> None:
    many = [pipeline(number, runs={"a": "RUNNING"}) for number in range(1, 31)]
    for marked, first in (
        (many, "They will be paused, and 30 jobs canceled:"),
        ((), "  pipeline-"),
    ):
        host = Host()
        await host.run("X", *marked, current=BUSY)
        assert host.questions[0]._lines[0].text.startswith(first)


async def test_the_notices_about_a_single_stop_name_the_pipeline() -> None:
    name = "pipeline-2 of local.local.report (00000002)"
    assert (await Host().run("X", current=BUSY))[-1] == f"{name} stays paused; p resumes it"
    assert (await Host(BUSY).run("X", current=BUSY))[0].startswith(f"Not paused yet: {name}: no")


async def test_a_notice_names_the_first_of_very_many_jobs_that_still_run() -> None:
    host = Host()
    many = pipeline(3, "PAUSED", {f"job{number}": "RUNNING" for number in range(300)})
    running = tuple(map(StillRunning, many.job_runs))
    host.session.held.may_be_sent = AsyncMock(return_value=True)
    host.session.commands.pipelines.stop = AsyncMock(
        return_value=StopOutcome((), (), (), running, many, starts_more_jobs=False)
    )
    assert (await host.run("X", current=many))[-1].endswith("job7.py and 292 more still run")


async def test_marked_pipelines_are_paused_without_delay() -> None:
    events = await Host().run("p", IDLE, BUSY)
    assert events[:2] == ["pause pipeline-1", "pause pipeline-2"]
    assert events[2:] == ["2 of 2 pipelines paused\nf8 shows the outcome of each"]
    paused = [each.model_copy(update={"status": "PAUSED"}) for each in (IDLE, BUSY)]
    assert await Host().run("p", *paused) == ["z undo resuming 2 pipelines"]


async def test_a_pipeline_that_is_not_marked_is_paused_and_resumed_at_once() -> None:
    name = "pipeline-2 of local.local.report (00000002)"
    assert await Host().run("p", current=BUSY) == ["pause pipeline-2", f"{name}: paused"]
    paused = BUSY.model_copy(update={"status": "PAUSED"})
    assert (await Host().run("p", current=paused))[-1] == f"{name}: resumed"


async def test_a_pipeline_is_not_said_to_be_paused_before_studio_has_paused_it() -> None:
    host = Host()
    host.paused_later = (BUSY,)
    assert (await host.run("p", IDLE, BUSY))[-1] == (
        "1 of 2 pipelines paused, pause requested: 1\nf8 shows the outcome of each"
    )
    assert [words for _, words in host.session.batches.last_report.lines] == [
        "pipeline-1 of local.local.report (00000001): paused",
        "pipeline-2 of local.local.report (00000002): pause requested",
    ]
    assert (await host.run("p", current=BUSY))[-1].endswith("(00000002): pause requested")
    await host.run("X", current=BUSY)
    assert not any("stays paused" in event for event in host.events)
