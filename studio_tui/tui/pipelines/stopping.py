"""The first step of stopping a pipeline, which is not delayed: resuming undoes it."""

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.errors import InvalidRequest
from studio_tui.service.commands.pipelines import PipelineCommands, starts_no_jobs


async def pause_at_once(commands: PipelineCommands, pipeline: Pipeline) -> Pipeline:
    """Pause a pipeline that may start jobs; return it as paused.

    One that starts none, or that Studio refuses to pause as it may have ended, is returned as it
    is.

    Raises:
        StudioError: it could not be paused.
    """
    if starts_no_jobs(pipeline.state):
        return pipeline
    try:
        await commands.pause(pipeline)
    except InvalidRequest:
        return pipeline
    return pipeline.model_copy(update={"status": PipelineState.PAUSED.value})
