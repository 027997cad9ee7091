"""Turns Studio's responses about a pipeline into the state of its screen."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from studio_tui.presentation.pipelines.graph.view_model import LoadedPipeline, loaded_pipeline
from studio_tui.service.polling.pipeline_watch import PipelineDetail
from studio_tui.tui.pipelines.graph.drawing_view import MOST_WITHOUT_THREAD
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.pipelines.graph.screen import PipelineScreen


class ResponseProcessor:
    """Updates a pipeline's state from each response, and looks up how long past runs took.

    More than `MOST_WITHOUT_THREAD` jobs are processed in a thread if their number has changed.
    """

    def __init__(self, page: "PipelineScreen") -> None:
        self._page = page
        self._state = page.state
        self._history = page.session.records.history
        self._waiting: PipelineDetail | None = None
        self._is_working = False
        self._past_as_of: tuple[object, int] | None = None
        """The plan's shape and the number of ended jobs when `state.past` was last looked up."""

    def process(self, detail: PipelineDetail) -> None:
        """Process a response: at once, or in a thread.

        While a thread works, the latest response waits, as the thread's result would replace it.
        """
        if self._is_working:
            self._waiting = detail
        elif self._is_large_and_new(detail):
            self._waiting, self._is_working = detail, True
            start_worker(self._page, self._process_in_thread, name="process", group="process")
        else:
            self._state.load(loaded_pipeline(detail.pipeline, detail.jobs, self._state.loaded))
            self._announce()

    def _is_large_and_new(self, detail: PipelineDetail) -> bool:
        number = len(detail.pipeline.job_runs)
        number_before = len(self._state.loaded.pipeline.job_runs)
        return number > MOST_WITHOUT_THREAD and number != number_before

    async def _process_in_thread(self) -> None:
        try:
            while (detail := self._waiting) is not None:
                self._waiting = None
                large = partial(self._large_pipeline, detail, self._state.loaded)
                self._state.load(await asyncio.to_thread(large))
                self._announce()
        finally:
            self._is_working = False

    def _large_pipeline(self, detail: PipelineDetail, before: LoadedPipeline) -> LoadedPipeline:
        loaded = loaded_pipeline(detail.pipeline, detail.jobs, before)
        self._state.structure.whole_tree(loaded.plan)
        return loaded

    def _announce(self) -> None:
        self._page.show_response()
        loaded = self._state.loaded
        ended = sum(node.state.is_finished for node in loaded.plan.nodes.values())
        if self._past_as_of != (loaded.plan.shape, ended):
            self._past_as_of = loaded.plan.shape, ended
            looking_up = partial(self._look_up_past, loaded)
            start_worker(self._page, looking_up, name="past", group="past", exclusive=True)

    async def _look_up_past(self, loaded: LoadedPipeline) -> None:
        names = {node.name for node in loaded.plan.nodes.values()}
        await asyncio.to_thread(self._history.note_ended, loaded.jobs.values())
        past = await asyncio.to_thread(self._history.durations, names)
        if past != self._state.past:
            self._state.past = past
            self._page.show_again()
