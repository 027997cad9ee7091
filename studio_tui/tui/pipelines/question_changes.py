"""Changes of the pipelines in a question while it is open."""

from collections.abc import Callable, Sequence

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import plural
from studio_tui.service.commands.pipelines import to_cancel
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import QuestionChange


def can_stop(pipeline: Pipeline) -> bool:
    """Whether something runs in a pipeline, or will start."""
    is_active = not pipeline.state.is_finished and pipeline.state is not PipelineState.PAUSED
    return is_active or bool(to_cancel(pipeline))


def pipeline_changes(
    session: StudioSession,
    pipelines: Sequence[Pipeline],
    is_possible: Callable[[Pipeline], bool],
    what: str,
) -> Callable[[], QuestionChange | None]:
    """Return a function that describes for which of the pipelines `what` is no longer possible."""

    def change() -> QuestionChange | None:
        known = {each.pipeline_id: each for each in session.known_items.pipelines().pipelines}
        now = [known.get(each.pipeline_id, each) for each in pipelines]
        over = [each for each in now if not is_possible(each)]
        if not over:
            return None
        if len(now) == 1:
            is_same = now[0].status == pipelines[0].status
            status = (now[0].status or "unknown").lower()
            why = "Its jobs have ended" if is_same else f"It is {status} now"
            return QuestionChange(f"{why}: there is nothing left to {what}.", is_void=True)
        is_void = len(over) == len(now)
        counted = f"{len(over):,} of {plural(len(now), 'pipeline')}"
        return QuestionChange(f"There is nothing left to {what} in {counted}.", is_void)

    return change
