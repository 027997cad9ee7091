"""Of the responses about a pipeline, the latest is shown, whichever is processed first."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.view_model import loaded_pipeline
from studio_tui.service.polling.pipeline_watch import PipelineDetail
from studio_tui.tui.pipelines.graph.drawing_view import MOST_WITHOUT_THREAD
from studio_tui.tui.pipelines.graph.response_processor import ResponseProcessor
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from tests.presentation.pipelines.graphs import fan
from tests.waiting import until


class _Page:
    """Runs workers as tasks."""

    def __init__(self, state: Any) -> None:
        history = SimpleNamespace(note_ended=lambda _: None, durations=lambda _: {})
        self.session = SimpleNamespace(records=SimpleNamespace(history=history))
        self.state = state
        self.shown: list[Pipeline] = []
        self.workers: list[asyncio.Task[Any]] = []

    def show_response(self) -> None:
        self.shown.append(self.state.loaded.pipeline)

    def run_worker(self, work: Callable[[], Coroutine[Any, Any, Any]], **_: object) -> Any:
        self.workers.append(asyncio.create_task(work()))


async def test_a_thread_with_an_earlier_response_does_not_replace_a_later_one() -> None:
    may_end, begun = threading.Event(), threading.Event()

    def prepare(_: object) -> None:
        begun.set()
        may_end.wait()

    state: Any = SimpleNamespace(loaded=loaded_pipeline(fan(0), {}), past={})
    state.load = lambda loaded: setattr(state, "loaded", loaded)
    state.structure = SimpleNamespace(whole_tree=prepare)
    page = _Page(state)
    processor = ResponseProcessor(cast("PipelineScreen", page))
    early, late = fan(MOST_WITHOUT_THREAD + 1), fan(2)
    processor.process(PipelineDetail(early, {}))
    await until(begun.is_set)
    processor.process(PipelineDetail(late, {}))
    may_end.set()
    await until(lambda: late in page.shown)
    await asyncio.gather(*page.workers)
    assert page.shown[-1] is late
