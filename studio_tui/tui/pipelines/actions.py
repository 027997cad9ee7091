"""What can be done with a pipeline, the same from the list and from its graph."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import work
from textual.binding import Binding

from studio_tui.api.ids import NO_ID, can_be_used
from studio_tui.api.models import Pipeline, PipelineState
from studio_tui.errors import StudioError
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.facts import begun, raw
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.impact import over_words
from studio_tui.presentation.pipelines.rows import FINISHED_STATES, SHORT_ID
from studio_tui.service.commands.jobs import said
from studio_tui.service.commands.pipelines import Stopped, to_cancel
from studio_tui.service.logs.merged.merged_log import LIMIT
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Choose, Confirm
from studio_tui.tui.frame.progress_words import asked, told
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.actions import READ_ONLY
from studio_tui.tui.messages import OpenLogs
from studio_tui.tui.terminal.clipboard import copy

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object

PIPELINE_BINDINGS = (
    Binding(
        "p",
        "pause_or_resume",
        "pause or resume",
        id="pipeline.pause",
        tooltip="Let nothing more start, while what runs goes on; or go on",
    ),
    Binding(
        "X",
        "stop",
        "stop safely",
        id="pipeline.stop",
        tooltip="Pause, cancel what runs, then look again, after asking",
    ),
    Binding("L", "merged_logs", "logs", id="pipeline.logs", tooltip="Show its jobs' logs as one"),
    Binding(
        "d",
        "pipeline_raw",
        "JSON",
        id="pipeline.raw",
        tooltip="Show the pipeline as Studio sent it",
    ),
    Binding(
        "y",
        "copy_what",
        "copy",
        id="pipeline.copy",
        tooltip="Copy its id, name, target, command or JSON",
    ),
    Binding("c", "copy_pipeline_id", "copy id", id="pipeline.copy_id", tooltip="Copy its whole id"),
)
"""Keys of everything here; a screen puts those it wants among its own."""

_CHANGING = frozenset({"pause_or_resume", "stop", "trigger", "remove"})
_ABOUT_ONE = frozenset(
    {
        *("pause_or_resume", "stop", "merged_logs"),
        *("pipeline_raw", "copy_what", "copy_pipeline_id"),
    }
)
_BY_ID = frozenset({"pause_or_resume", "stop", "copy_pipeline_id"})
"""What asks Studio about a pipeline, or is of no use without its id."""
_LISTED = 12
"""Jobs that a question names before it only counts."""


class PipelineActions(Base):
    """Mixin of a screen that has a pipeline at hand."""

    session: StudioSession
    read_only: bool

    @abstractmethod
    def pipeline_at_hand(self) -> Pipeline | None:
        """Return the pipeline that actions are about."""

    def pipelines_at_hand(self) -> Sequence[Pipeline]:
        """Return the pipelines that actions are about, where several can be marked."""
        pipeline = self.pipeline_at_hand()
        return (pipeline,) if pipeline else ()

    def why_not_pipeline(self, action: str) -> str | None:
        """Return why an action of this mixin cannot work now, in words; `None` when it can."""
        if action in _CHANGING and self.read_only:
            return READ_ONLY
        if action not in _ABOUT_ONE:
            return None
        pipeline = self.pipeline_at_hand()
        if pipeline is None:
            return "There is no pipeline here"
        if action in _BY_ID and not can_be_used(pipeline.pipeline_id):
            return NO_ID
        many = self.pipelines_at_hand()
        if action == "pause_or_resume" and not any(map(_can_turn, many)):
            return over_words(pipeline, near=self.session.is_near)
        if action == "stop" and not any(map(_can_stop, many)):
            return "Nothing runs in it, and nothing will start"
        if action == "merged_logs" and not any(map(begun, many)):
            return "None of its jobs has begun"
        return None

    def turns_to(self) -> str:
        """Return what `p` does now: `pause` or `resume`."""
        return "pause" if any(map(_can_pause, self.pipelines_at_hand())) else "resume"

    @work(name="pause", group="command")
    async def action_pause_or_resume(self) -> None:
        """Pause what goes on; where nothing does, let what is paused, or failed, go on."""
        if not self._may("pause_or_resume"):
            return
        pausing = self.turns_to() == "pause"
        wanted = _can_pause if pausing else _can_resume
        chosen = [pipeline for pipeline in self.pipelines_at_hand() if wanted(pipeline)]
        if not await self._is_sure(chosen, pausing=pausing):
            return
        steering = self.session.steering
        command = steering.pause if pausing else steering.resume
        done = "Paused" if pausing else "Resumed"

        async def one(pipeline: Pipeline) -> None:
            try:
                if await asked(self.app, self.session, command(pipeline)):
                    self._inform(f"{done} {title(pipeline)}")
            except StudioError as error:
                self._inform(f"{title(pipeline)}: {told(error, self.session)}", "error")

        await asyncio.gather(*map(one, chosen))

    async def _is_sure(self, chosen: Sequence[Pipeline], *, pausing: bool) -> bool:
        """Ask where it is about several, or where jobs that failed would run again."""
        failed = [one for one in chosen if one.state is PipelineState.FAILED]
        if len(chosen) == 1 and not failed:
            return True
        what = "Pause" if pausing else "Resume"
        lines = [f"  {title(pipeline)}" for pipeline in chosen]
        if failed:
            names = [
                run.name or run.job_id
                for pipeline in failed
                for run in pipeline.job_runs
                if run.status == "FAILED"
            ]
            lines += ["", "These failed, and run again:", *_named(names)]
        question = Confirm(
            f"{what} {'this pipeline' if len(chosen) == 1 else plural(len(chosen), 'pipeline')}?",
            lines,
            yes=what,
            no="Don't",
        )
        return await self.app.push_screen_wait(question)

    @work(name="stop", group="command")
    async def action_stop(self) -> None:
        """Name what will be hit, ask, then pause and cancel."""
        if not self._may("stop"):
            return
        chosen = [pipeline for pipeline in self.pipelines_at_hand() if _can_stop(pipeline)]
        lines: list[str] = []
        for pipeline in chosen:
            running = [run.name or run.job_id for run in to_cancel(pipeline)]
            lines += [*describe(pipeline), ""]
            lines.append(f"It is paused, and {plural(len(running), 'job')} cancelled:")
            lines += [*_named(running), ""]
        lines.append("What begins meanwhile is cancelled too. What has ended stays.")
        if not await self.app.push_screen_wait(
            Confirm(
                "Stop this pipeline?"
                if len(chosen) == 1
                else f"Stop {plural(len(chosen), 'pipeline')}?",
                lines,
                yes="Pause and cancel",
                no="Leave it running",
            )
        ):
            return
        for pipeline in chosen:
            await self._stop(pipeline)

    async def _stop(self, pipeline: Pipeline) -> None:
        try:
            stopping = self.session.steering.stop(pipeline)
            stopped = await asked(self.app, self.session, stopping)
        except StudioError as error:
            self._inform(f"{title(pipeline)} may go on: {told(error, self.session)}", "error")
            return
        if any(one.error for one in stopped.cancelled) or stopped.left:
            heading = f"{title(pipeline)} is not quite stopped"
            await self.app.push_screen_wait(Review(heading, _report(stopped), (("o", "ok"),)))
        else:
            jobs = plural(len(stopped.cancelled), "job")
            self._inform(f"Stopped {title(pipeline)}: paused, {jobs} cancelled")

    @work(name="merged logs", group="command", exclusive=True)
    async def action_merged_logs(self) -> None:
        """Show the logs of the jobs that have begun as one."""
        if not self._may("merged_logs"):
            return
        runs = [run for pipeline in self.pipelines_at_hand() for run in begun(pipeline)]
        ids = [run.created_job_id for run in runs if run.created_job_id]
        if len(ids) > LIMIT:
            words = f"The logs of {LIMIT} of {len(ids)} jobs are shown: what failed, then what runs"
            self._inform(words, "warning")
        jobs = await self.session.find_jobs(ids[:LIMIT])
        if jobs:
            self.post_message(OpenLogs([job.id for job in jobs], jobs))
        else:
            self._inform("Studio does not tell of its jobs now", "error")

    @work(name="raw", group="dialog")
    async def action_pipeline_raw(self) -> None:
        """Show the pipeline as Studio sent it."""
        if (pipeline := self.pipeline_at_hand()) and self._may("pipeline_raw"):
            text = await asyncio.to_thread(raw, pipeline)
            lines = [Cell(line) for line in text.split("\n")]
            answers = (("c", "copy it"), ("o", "ok"))
            if await self.app.push_screen_wait(Review(title(pipeline), lines, answers)) == "c":
                await copy(self.app, text, plural(len(lines), "line"))

    @work(name="copy", group="copy")
    async def action_copy_what(self) -> None:
        """Offer what can be copied."""
        if (pipeline := self.pipeline_at_hand()) and self._may("copy_what"):
            texts = {
                "id": pipeline.pipeline_id,
                "name": pipeline.name or "",
                "target": pipeline.triggered_from or "",
                "command": f"datachain pipeline status {pipeline.name or ''}".rstrip(),
                "JSON": "",
            }
            choices = [(key, f"{key:<8} {text}") for key, text in texts.items()]
            chosen = await self.app.push_screen_wait(Choose("Copy", choices, "id"))
            if chosen == "JSON":
                text = await asyncio.to_thread(raw, pipeline)
                await copy(self.app, text, plural(text.count("\n") + 1, "line"))
            elif chosen is not None:
                await copy(self.app, texts[chosen])

    @work(name="copy id", group="copy")
    async def action_copy_pipeline_id(self) -> None:
        """Copy the whole id."""
        if (pipeline := self.pipeline_at_hand()) and self._may("copy_pipeline_id"):
            await copy(self.app, pipeline.pipeline_id)

    def _may(self, action: str) -> bool:
        """Return whether an action can be done now; else say why not."""
        reason = self.why_not_pipeline(action)
        if reason is not None:
            self._inform(reason, "warning")
        return reason is None

    def _inform(self, words: str, severity: Any = "information") -> None:
        self.app.notify(words, severity=severity, markup=False)


def title(pipeline: Pipeline) -> str:
    """Return what a pipeline is called in a sentence: name, short id and target."""
    named = pipeline.name or "a pipeline without a name"
    target = f" of {pipeline.triggered_from}" if pipeline.triggered_from else ""
    return f"{named}{target} ({pipeline.pipeline_id[:SHORT_ID]})"


def describe(pipeline: Pipeline) -> tuple[str, ...]:
    """Return the lines that name a pipeline beyond doubt; names can look alike, ids cannot."""
    return (
        f"  name    {pipeline.name or '–'}",
        f"  target  {pipeline.triggered_from or '–'}",
        f"  id      {pipeline.pipeline_id}",
    )


def remove_question(pipeline: Pipeline, plan: Plan, node_id: str) -> Confirm:
    """Return the question whether a job is to be taken out, with what that does to its children."""
    node = plan.nodes[node_id]
    parents = [plan.nodes[parent].name for parent in node.parents]
    lines = [
        f"  job       {node.name}",
        f"  id        {node.id}",
        f"  pipeline  {title(pipeline)}",
        "",
        "It will not run. Its dataset stays as it is.",
    ]
    for child in node.children:
        others = [
            plan.nodes[parent].name
            for parent in plan.nodes[child].parents
            if parent != node_id and parent not in node.parents
        ]
        waits = ", ".join([*parents, *others]) or "nothing"
        lines.append(f"{plan.nodes[child].name} will then wait for {waits}.")
    return Confirm("Take this job out of the pipeline?", lines, yes="Take it out", no="Keep it")


def _can_pause(pipeline: Pipeline) -> bool:
    return pipeline.state in {PipelineState.RUNNING, PipelineState.PENDING, PipelineState.UNKNOWN}


def _can_resume(pipeline: Pipeline) -> bool:
    return pipeline.state in {PipelineState.PAUSED, PipelineState.FAILED}


def _can_turn(pipeline: Pipeline) -> bool:
    return _can_pause(pipeline) or _can_resume(pipeline)


def _can_stop(pipeline: Pipeline) -> bool:
    return pipeline.state not in {*FINISHED_STATES, PipelineState.PAUSED} or bool(
        to_cancel(pipeline)
    )


def _named(names: Sequence[str]) -> list[str]:
    shown = [f"    {name}" for name in names[:_LISTED]]
    left = len(names) - _LISTED
    return [*shown, f"    and {left} more"] if left > 0 else shown


def _report(stopped: Stopped) -> list[Cell]:
    lines = [
        Cell(f"✗ {one.run.name or one.run.job_id}: {said(one.error)}", Tone.BAD)
        if one.error
        else Cell(f"✓ {one.run.name or one.run.job_id}: cancel was asked for", Tone.GOOD)
        for one in stopped.cancelled
    ]
    lines += [Cell(f"● {run.name or run.job_id} still runs", Tone.WARN) for run in stopped.left]
    return lines
