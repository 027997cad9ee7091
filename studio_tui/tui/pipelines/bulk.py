"""Stops, pauses and resumes pipelines: one question for several, and an outcome for each."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.errors import StudioError
from studio_tui.presentation.format import SHORT_ID, join_names, plural
from studio_tui.presentation.pipelines.facts import MOST_NAMED
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import how_stopped
from studio_tui.presentation.pipelines.impact import repeated_by_resume
from studio_tui.service.commands.batch import ItemOutcome
from studio_tui.service.commands.jobs import failure_message
from studio_tui.service.commands.pipelines import (
    PauseOutcome,
    StopOutcome,
    runs_to_cancel,
)
from studio_tui.tui.frame.bulk import BulkCommand, begin_bulk, question_lines, run_bulk
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.request_notices import error_message
from studio_tui.tui.pipelines.stopping import (
    name_among,
    name_lines,
    name_of,
    pause_at_once,
    stop_effects,
    stop_summary,
)
from studio_tui.tui.widgets.workers import start_worker


class PartialStopError(StudioError):
    """Some jobs of a pipeline still run, or more may start."""


class BulkPipelines:
    """Stops, pauses or resumes pipelines, and asks before several."""

    def __init__(self, host: Host, unmark: Callable[[str], object]) -> None:
        self._host = host
        self._unmark = unmark

    async def confirm_stop(self, chosen: Sequence[Pipeline], excluded: int) -> bool:
        """Ask whether to pause the `chosen` pipelines and cancel their jobs, which it names."""
        are_paused = all(each.state is PipelineState.PAUSED for each in chosen)
        others = left_out(excluded, "has nothing to stop")
        effects = stop_effects(chosen, are_paused=are_paused)
        names = [f"  {title(each)}" for each in chosen]
        question = Confirm(
            f"{'Cancel the jobs of' if are_paused else 'Stop'} {plural(len(chosen), 'pipeline')}?",
            question_lines(self._host, others, *_in_order(names, effects)),
            yes="Cancel the jobs" if are_paused else "Pause and cancel",
            no="Leave them running",
        )
        return await self._host.ask(question) is not None

    def stop(self, chosen: Sequence[Pipeline], marked: Sequence[Pipeline]) -> None:
        """Stop the `chosen` ones of the `marked` pipelines, or one that is not marked."""
        # The worker is one of the app: the screen may be closed before the request is sent.
        stopping = partial(self._stop, chosen, marked)
        start_worker(self._host.app, stopping, name="bulk", group="command")

    async def _stop(self, chosen: Sequence[Pipeline], marked: Sequence[Pipeline]) -> None:
        """Pause the pipelines at once; only canceling their jobs is delayed and can be undone."""
        session = self._host.session
        pause = partial(pause_at_once, session.commands.pipelines)
        starting = [each for each in chosen if each.state.may_start_jobs]
        # Those that could not be paused are tried again when their jobs are canceled.
        outcomes = await session.batches.run("Pausing", starting, pause) if starting else ()
        self._report_failed_pauses(outcomes)
        paused = {each.item.pipeline_id: each.result for each in outcomes if each.result}
        items = [paused.get(each.pipeline_id, each) for each in chosen]
        command = self._command(
            "Canceling jobs of", "stopped", items, marked, self._stop_completely,
            report_text=stop_summary, can_be_undone=any(map(runs_to_cancel, items)),
        )  # fmt: skip
        if await run_bulk(self._host, command):
            return
        if number := sum(each.state is PipelineState.PAUSED for each in items):
            verb, them = ("stays", "it") if number == 1 else ("stay", "them")
            which = title(items[0]) if len(items) == 1 else plural(number, "pipeline")
            self._host.notify_user(f"{which} {verb} paused; p resumes {them}")

    def _report_failed_pauses(self, outcomes: Sequence[ItemOutcome[Pipeline, Pipeline]]) -> None:
        failed = [(each.item, each.error) for each in outcomes if each.error is not None]
        if failed:
            pipeline, error = failed[0]
            why = f"{title(pipeline)}: {error_message(error, self._host.session)}"
            count = f"{len(failed)} of {plural(len(outcomes), 'pipeline')} not paused yet, first"
            self._host.notify_user(
                f"{count if len(outcomes) > 1 else 'Not paused yet:'} {why}", "warning"
            )

    def repeated_jobs(self, pipelines: Sequence[Pipeline]) -> Sequence[tuple[Pipeline, Node]]:
        """Return the jobs that run again if pipelines are resumed."""
        is_local = self._host.session.is_local
        return [
            (each, node)
            for each in pipelines
            for node in repeated_by_resume(each, is_local=is_local)
        ]

    async def confirm_pause_or_resume(
        self,
        chosen: Sequence[Pipeline],
        excluded: int,
        *,
        pausing: bool,
    ) -> bool:
        """Ask whether to pause or resume the `chosen` pipelines."""
        verb, done = ("Pause", "paused") if pausing else ("Resume", "resumed")
        others = left_out(excluded, f"cannot be {done}")
        effects: tuple[str, ...] = ()
        if not pausing and (repeated := self.repeated_jobs(chosen)):
            stopped = how_stopped([node for _, node in repeated])
            jobs = f"{plural(len(repeated), 'job')} that {stopped} will run again:"
            names = [name_among(node.name, each, chosen) for each, node in repeated]
            effects = (jobs, *name_lines(names))
        names = [f"  {title(each)}  {(each.status or 'unknown').lower()}" for each in chosen]
        question = Confirm(
            f"{verb} {plural(len(chosen), 'pipeline')}?",
            question_lines(self._host, others, *_in_order(names, effects)),
            yes=verb,
            no="Don't",
            default_yes=True,
        )
        return await self._host.ask(question) is not None

    def pause_or_resume(
        self, chosen: Sequence[Pipeline], marked: Sequence[Pipeline], *, pausing: bool
    ) -> None:
        """Pause or resume the `chosen` ones of the `marked` pipelines, or one that is not marked.

        Only resuming marked ones can be undone: a pause is urgent, and resuming undoes it.
        """
        commands = self._host.session.commands.pipelines
        command: Callable[[Pipeline], Awaitable[PauseOutcome | bool]]
        if pausing:
            doing, done, command = "Pausing", "paused", commands.pause
        else:
            doing, done, command = "Resuming", "resumed", commands.resume
        can_be_undone = bool(marked) and not pausing
        bulk = self._command(doing, done, chosen, marked, command, can_be_undone=can_be_undone)
        begin_bulk(self._host, bulk)

    def _command(
        self,
        doing: str,
        done: str,
        chosen: Sequence[Pipeline],
        marked: Sequence[Pipeline],
        command: Callable[[Pipeline], Any],
        *,
        can_be_undone: bool,
        report_text: Callable[[Any], str] | None = None,
    ) -> BulkCommand[Pipeline, Any]:
        chosen_ids = {pipeline.pipeline_id for pipeline in chosen}

        def unmark_excluded() -> None:
            # At the end, marks stay only where a second try makes sense.
            for pipeline in marked:
                if pipeline.pipeline_id not in chosen_ids:
                    self._unmark(pipeline.pipeline_id)

        return BulkCommand[Pipeline, Any](
            doing=doing,
            done=done,
            noun="pipeline",
            items=chosen,
            name=title,
            command=command,
            can_be_undone=can_be_undone,
            on_begun=unmark_excluded,
            unmark=lambda pipeline: self._unmark(pipeline.pipeline_id),
            report_text=report_text,
            not_done_yet=not_done_yet,
        )

    async def _stop_completely(self, pipeline: Pipeline) -> StopOutcome:
        outcome = await self._host.session.commands.pipelines.stop(pipeline)
        if outcome.still_running or outcome.starts_more_jobs:
            raise PartialStopError(_what_continues(outcome))
        return outcome


def _in_order(names: Sequence[str], effects: Sequence[str]) -> tuple[Sequence[str], ...]:
    """Return the paragraphs of a question; the names of several may have to be scrolled."""
    return (names, effects) if len(names) == 1 else (effects, names)


def not_done_yet(result: object) -> str:
    """Return why a command on a pipeline or its job is not done; empty if it is."""
    if result is PauseOutcome.REQUESTED:
        return "pause requested"
    is_replaced = result is PauseOutcome.REPLACED or result is False
    return "replaced by a newer command" if is_replaced else ""


def left_out(count: int, why: str) -> tuple[str, ...]:
    """Return a line on how many are left out; `why` is in the singular: `has nothing to stop`."""
    words = f"Left out: {count} {why if count == 1 else why.replace('has', 'have')}."
    return (words,) if count else ()


def title(pipeline: Pipeline) -> str:
    """Return how sentences refer to a pipeline: `etl of users (1a2b3c4d)`."""
    name = pipeline.name or "a pipeline without a name"
    target = f" of {pipeline.triggered_from}" if pipeline.triggered_from else ""
    return f"{name}{target} ({pipeline.pipeline_id[:SHORT_ID]})"


def _what_continues(outcome: StopOutcome) -> str:
    running = [name_of(job.run) for job in outcome.still_running if job.error is None]
    refused = [
        (name_of(job.run), job.error) for job in outcome.still_running if job.error is not None
    ]
    parts = []
    if running:
        parts.append(
            f"{join_names(running, MOST_NAMED)} still {'runs' if len(running) == 1 else 'run'}"
        )
    if refused:
        name, error = refused[0]
        parts.append(
            f"{plural(len(refused), 'job')} not canceled, first {name}: {failure_message(error)}"
        )
    if outcome.starts_more_jobs:
        parts.append("more of its jobs may start")
    return f"It has not stopped completely: {'; '.join(parts)}"
