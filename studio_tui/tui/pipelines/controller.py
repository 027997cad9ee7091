"""The commands on a pipeline, shared by the list and the graph."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.facts import as_json
from studio_tui.presentation.pipelines.facts import has_log, jobs_with_logs
from studio_tui.presentation.pipelines.impact import ended_words
from studio_tui.service.logs.merged.merged_log import LIMIT
from studio_tui.tui.frame.commands import Command, Host, why_read_only
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.review import COPY, OK, show_text
from studio_tui.tui.messages import JobToStart, OpenLogs
from studio_tui.tui.pipelines.bulk import BulkPipelines, title
from studio_tui.tui.pipelines.stopping import can_stop
from studio_tui.tui.terminal.clipboard import copy


class PipelineController:
    """Controller of a screen with a current pipeline, and possibly marked ones."""

    def __init__(
        self,
        host: Host,
        at_hand: Callable[[], Pipeline | None],
        marked: Callable[[], Sequence[Pipeline]] = tuple,
        unmark: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Make a controller; `at_hand` returns the current pipeline, `marked` the marked ones.

        Commands apply to the marked pipelines, else to the current one; `show_raw` and `copy_part`
        to the current one in any case. `unmark` removes a mark, given the id of a pipeline.
        """
        self._host = host
        self._at_hand = at_hand
        self._marked = marked
        self._bulk = BulkPipelines(host, unmark)

    @property
    def _targets(self) -> Sequence[Pipeline]:
        return self._marked() or tuple(filter(None, (self._at_hand(),)))

    def _possible_targets(self, is_possible: Callable[[Pipeline], bool]) -> list[Pipeline]:
        return [
            each for each in self._targets if is_usable_id(each.pipeline_id) and is_possible(each)
        ]

    # Why commands are unavailable.

    def why_none(self) -> str | None:
        return "There is no pipeline here" if self._at_hand() is None else None

    def why_no_id(self) -> str | None:
        """Return why nothing can be requested for the marked pipelines, or for the current one."""
        if not self._targets:
            return self.why_none()
        return None if self._possible_targets(lambda _: True) else NO_ID

    def why_not_pause_or_resume(self) -> str | None:
        reason = self._why_no_change()
        if reason or self._possible_targets(
            lambda pipeline: _can_pause(pipeline) or self._can_resume(pipeline)
        ):
            return reason
        if marked := self._marked():
            return f"None of the {plural(len(marked), 'marked pipeline')} can be paused or resumed"
        return ended_words(self._targets[0])

    def why_not_stop(self) -> str | None:
        if (reason := self._why_no_change()) or self._possible_targets(can_stop):
            return reason
        marked = len(self._marked())
        where = f"the {plural(marked, 'marked pipeline')}" if marked else "it"
        return f"Nothing runs in {where}, and nothing will start"

    def why_no_logs(self) -> str | None:
        if not self._targets:
            return self.why_none()
        if jobs_with_logs(*self._targets):
            return None
        if marked := self._marked():
            return f"None of the jobs of the {plural(len(marked), 'marked pipeline')} has started"
        return "None of its jobs has started"

    def _why_no_change(self) -> str | None:
        return why_read_only(self._host) or self.why_no_id()

    def _can_resume(self, pipeline: Pipeline) -> bool:
        if self._host.session.is_local and pipeline.state is PipelineState.CANCELED:
            return bool(pipeline.job_runs)
        return pipeline.state in {PipelineState.PAUSED, PipelineState.FAILED}

    def stop_label(self) -> str:
        """Return the label of `X`: `stop safely`; for a paused pipeline `cancel its jobs`."""
        is_paused = all(pipeline.state is PipelineState.PAUSED for pipeline in self._targets)
        return "cancel its jobs" if is_paused and not self._marked() else "stop safely"

    def pause_label(self) -> str:
        """Return what `p` does now: `pause` if a pipeline can be paused, else `resume`."""
        return "pause" if self._possible_targets(_can_pause) else "resume"

    # Commands.

    async def pause_or_resume(self) -> None:
        """Pause the pipelines that can be paused; if there are none, resume those that stopped."""
        pausing = self.pause_label() == "pause"
        is_possible = _can_pause if pausing else self._can_resume
        chosen, marked = self._possible_targets(is_possible), self._marked()
        is_asked = marked or (not pausing and self._bulk.repeated_jobs(chosen))
        if is_asked and not await self._bulk.confirm_pause_or_resume(
            chosen, len(self._targets) - len(chosen), pausing=pausing
        ):
            return
        self._host.session.endings.watch_pipelines(chosen)
        self._bulk.pause_or_resume(chosen, marked, pausing=pausing)

    async def stop(self) -> None:
        """Ask, naming the jobs to cancel; then pause at once, and cancel the jobs."""
        chosen = self._possible_targets(can_stop)
        if await self._bulk.confirm_stop(chosen, len(self._targets) - len(chosen)):
            self._bulk.stop(chosen, self._marked())

    async def open_logs(self) -> None:
        """Merge the logs of at most `LIMIT` jobs that can have one; jobs that start later join."""
        runs = jobs_with_logs(*self._targets)
        ids = [run.created_job_id for run in runs if run.created_job_id]
        if len(ids) > LIMIT:
            self._host.notify_user(
                f"Only {LIMIT} of {len(ids)} logs are shown; failed and running jobs come first",
                "warning",
            )
        jobs = await self._host.session.known_items.find_jobs(ids[:LIMIT])
        if jobs:
            awaited = [
                JobToStart(pipeline.pipeline_id, run.job_id)
                for pipeline in self._targets
                for run in pipeline.job_runs
                if not has_log(run)
            ]
            self._host.post_message(OpenLogs([job.id for job in jobs], jobs, awaited))
        else:
            self._host.notify_user("Studio does not return the jobs of the pipeline now", "error")

    async def show_raw(self) -> None:
        if pipeline := self._at_hand():
            text = await asyncio.to_thread(as_json, pipeline)
            await show_text(self._host, title(pipeline), text, (COPY, OK))

    async def copy_part(self) -> None:
        if pipeline := self._at_hand():
            texts = {
                "id": pipeline.pipeline_id,
                "name": pipeline.name or "",
                "target": pipeline.triggered_from or "",
                "command": status_command(pipeline),
                "JSON": "",
            }
            choices = [(key, f"{key:<8} {text}") for key, text in texts.items()]
            chosen = await self._host.ask(Choose("Copy", choices, "id"))
            if chosen == "JSON":
                text = await asyncio.to_thread(as_json, pipeline)
                await copy(self._host.app, text, plural(text.count("\n") + 1, "line"))
            elif chosen is not None:
                await copy(self._host.app, texts[chosen])

    async def copy_id(self) -> None:
        """Copy the id of the current pipeline, or the ids of all marked pipelines, one per line."""
        if self._marked():
            ids = [each.pipeline_id for each in self._possible_targets(lambda _: True)]
            await copy(self._host.app, "\n".join(ids), f"the ids of {plural(len(ids), 'pipeline')}")
        elif pipeline := self._at_hand():
            await copy(self._host.app, pipeline.pipeline_id)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "pipeline.pause",
            "p",
            "pause or resume",
            "Start no more jobs, let running ones finish; or resume",
            pause_or_resume,
            why_not_pause_or_resume,
            repeats=True,
            search_words="suspend hold continue",
            label_now=pause_label,
        ),
        Command(
            "pipeline.stop",
            "X",
            "stop safely",
            "After confirmation pause, cancel running jobs, and check that they have ended",
            stop,
            why_not_stop,
            search_words="kill abort terminate",
            label_now=stop_label,
        ),
        Command(
            "pipeline.logs",
            "L",
            "logs",
            "Show the logs of its jobs as one",
            open_logs,
            why_no_logs,
            exclusive=True,
        ),
        Command("pipeline.raw", "d", "JSON", "Show the pipeline as JSON", show_raw, why_none),
        Command(
            "pipeline.copy",
            "y",
            "copy",
            "Copy its id, name, target, command or JSON",
            copy_part,
            why_none,
        ),
        Command(
            "pipeline.copy_id", "c", "copy id", "Copy its full id", copy_id, why_no_id, repeats=True
        ),
    )


def status_command(pipeline: Pipeline) -> str:
    """Return the command of the DataChain CLI that shows a pipeline."""
    return f"datachain pipeline status {pipeline.name or ''}".rstrip()


def _can_pause(pipeline: Pipeline) -> bool:
    return pipeline.state.may_start_jobs
