"""Commands on several marked pipelines: one confirmation for all, and an outcome for each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.errors import StudioError
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.graph.statuses import how_stopped
from studio_tui.presentation.pipelines.impact import repeated_by_resume
from studio_tui.presentation.pipelines.rows import SHORT_ID
from studio_tui.service.commands.jobs import failure_message
from studio_tui.service.commands.pipelines import StopOutcome, to_cancel
from studio_tui.tui.frame.bulk import BulkCommand, begin, list_between
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.pipelines.question_changes import can_stop, pipeline_changes
from studio_tui.tui.pipelines.stopped_words import name_of, stopped_words


class PartialStopError(StudioError):
    """A pipeline was paused, but some of its jobs may continue."""


class BulkPipelines:
    """Runs the commands of a pipeline on several pipelines."""

    def __init__(self, host: Host, unmark: Callable[[str], object]) -> None:
        """Initialise; `unmark` removes the mark of a pipeline, given its id."""
        self._host = host
        self._unmark = unmark

    async def stop(self, chosen: Sequence[Pipeline], marked: Sequence[Pipeline]) -> None:
        """Ask, with counts, then pause and cancel; `marked` includes excluded ones."""
        running = {one.pipeline_id: len(to_cancel(one)) for one in chosen}
        jobs = plural(sum(running.values()), "job")
        left_out = _left_out(len(marked) - len(chosen), "has nothing to stop")
        are_paused = all(one.state is PipelineState.PAUSED for one in chosen)
        they = "They are paused;" if are_paused else "They will be paused, and"
        before = (f"{they} {jobs} {'will be ' if are_paused else ''}canceled.", *left_out, "")
        after = () if are_paused else ("", "Jobs that start meanwhile are canceled too.")
        names = [f"  {title(one)}: {plural(running[one.pipeline_id], 'job')}" for one in chosen]
        question = Confirm(
            f"Stop {plural(len(chosen), 'pipeline')}?",
            list_between(self._host, before, names, after),
            yes="Cancel the jobs" if are_paused else "Pause and cancel",
            no="Leave them running",
            changes=pipeline_changes(self._host.session, chosen, can_stop, "stop"),
        )
        if await self._host.ask(question):
            others = partial(self._unmark_others, marked, chosen)
            stop, words = self._stopped, stopped_words
            self._begin("Stopping", "stopped", chosen, stop, begun=others, report_text=words)

    async def turn(
        self, chosen: Sequence[Pipeline], marked: Sequence[Pipeline], *, pausing: bool
    ) -> None:
        """Ask, then pause or resume; the question includes failed jobs that would be rerun."""
        what = "Pause" if pausing else "Resume"
        commands = self._host.session.commands.pipelines
        other = "cannot be paused" if pausing else "cannot be resumed"
        done = "paused" if pausing else "resumed"
        left_out = _left_out(len(marked) - len(chosen), other)
        before = (*left_out, "") if left_out else ()
        is_local = self._host.session.is_local
        resumed = () if pausing else chosen
        again = [node for one in resumed for node in repeated_by_resume(one, is_local=is_local)]
        jobs = f"{plural(len(again), 'job')} that {how_stopped(again)} will run again."
        after = ("", jobs) if again else ()
        names = [f"  {title(one)}  {(one.status or 'unknown').lower()}" for one in chosen]
        question = Confirm(
            f"{what} {plural(len(chosen), 'pipeline')}?",
            list_between(self._host, before, names, after),
            yes=what,
            no="Don't",
            default_yes=True,
        )
        if await self._host.ask(question):
            others = partial(self._unmark_others, marked, chosen)
            command = commands.pause if pausing else commands.resume
            self._begin(f"{what[:-1]}ing", done, chosen, command, begun=others)

    def _unmark_others(self, marked: Sequence[Pipeline], chosen: Sequence[Pipeline]) -> None:
        """Remove the marks of excluded pipelines, with which a second try would do nothing."""
        for pipeline in marked:
            if pipeline not in chosen:
                self._unmark(pipeline.pipeline_id)

    def _begin(
        self,
        doing: str,
        done: str,
        chosen: Sequence[Pipeline],
        command: Callable[[Pipeline], Any],
        *,
        begun: Callable[[], object],
        report_text: Callable[[Any], str] | None = None,
    ) -> None:
        begin(
            self._host,
            BulkCommand[Pipeline, Any](
                doing=doing,
                done=done,
                noun="pipeline",
                items=chosen,
                name=title,
                command=command,
                begun=begun,
                unmark=lambda one: self._unmark(one.pipeline_id),
                report_text=report_text,
            ),
        )

    async def _stopped(self, pipeline: Pipeline) -> StopOutcome:
        """Stop a pipeline.

        Raises:
            StudioError: it, or some of its jobs, may continue.
        """
        stopped = await self._host.session.commands.pipelines.stop(pipeline)
        if stopped.still_running or stopped.starts_more_jobs:
            raise PartialStopError(_why_not_quite(stopped))
        return stopped


def title(pipeline: Pipeline) -> str:
    """Return the name of a pipeline in a sentence: name, target and short id."""
    named = pipeline.name or "a pipeline without a name"
    target = f" of {pipeline.triggered_from}" if pipeline.triggered_from else ""
    return f"{named}{target} ({pipeline.pipeline_id[:SHORT_ID]})"


def _left_out(count: int, words: str) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"Left out: {count} {words if count == 1 else words.replace('has', 'have')}.",)


def _why_not_quite(stopped: StopOutcome) -> str:
    """Return which jobs may continue, and the first reason."""
    running = [name_of(one.run) for one in stopped.still_running if one.error is None]
    refused = [
        (name_of(one.run), one.error) for one in stopped.still_running if one.error is not None
    ]
    parts = []
    if running:
        parts.append(f"{', '.join(running)} still {'runs' if len(running) == 1 else 'run'}")
    if refused:
        name, error = refused[0]
        parts.append(
            f"{plural(len(refused), 'job')} not canceled, first {name}: {failure_message(error)}"
        )
    if stopped.starts_more_jobs:
        parts.append("more of its jobs may start")
    return f"It has not stopped completely: {'; '.join(parts)}"
