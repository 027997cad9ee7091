"""Changes of pipelines while a question about them is open."""

from collections.abc import Callable, Sequence

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import plural
from studio_tui.service.commands.pipelines import runs_to_cancel
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import QuestionChange


def can_stop(pipeline: Pipeline) -> bool:
    """Whether a pipeline is active, or has jobs to cancel: running or queued jobs."""
    is_active = not pipeline.state.is_finished and pipeline.state is not PipelineState.PAUSED
    return is_active or bool(runs_to_cancel(pipeline))


def pipeline_changes(
    session: StudioSession,
    pipelines: Sequence[Pipeline],
    is_possible: Callable[[Pipeline], bool],
    what: str,
) -> Callable[[], QuestionChange | None]:
    """Return a function that says in how many of the pipelines nothing is left to `what`, a verb.

    For a single pipeline, it says why. It returns `None` while `is_possible` holds for all.
    """

    def change() -> QuestionChange | None:
        by_id = {each.pipeline_id: each for each in session.known_items.pipelines().pipelines}
        current = [by_id.get(each.pipeline_id, each) for each in pipelines]
        impossible = [each for each in current if not is_possible(each)]
        if not impossible:
            return None
        if len(current) == 1:
            is_same = current[0].status == pipelines[0].status
            status = (current[0].status or "unknown").lower()
            why = "Its jobs have ended" if is_same else f"It is {status} now"
            return QuestionChange(f"{why}: there is nothing left to {what}.", is_void=True)
        is_void = len(impossible) == len(current)
        amount = f"{len(impossible):,} of {plural(len(current), 'pipeline')}"
        return QuestionChange(f"There is nothing left to {what} in {amount}.", is_void)

    return change
