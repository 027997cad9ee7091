"""Parsing of responses to requests that change something."""

from typing import TypeVar

from studio_tui.api import answers
from studio_tui.api.exchange import Answer
from studio_tui.api.fields import Received
from studio_tui.api.ids import can_be_used
from studio_tui.api.models import Job, Pipeline, PipelineOutput
from studio_tui.errors import InvalidRequest, OutcomeUnknown, ProtocolError

R = TypeVar("R", bound=Received)

_NO_DETAILS = "Studio accepted the request, but its answer does not say what the result was"


def parse_created(kind: type[R], answer: Answer) -> R:
    """Parse the response to a request that created something, which must include the object."""
    try:
        item = answers.model(kind, answer.body)
    except ProtocolError as error:
        raise OutcomeUnknown(f"{_NO_DETAILS}.") from error
    if isinstance(item, Job) and not can_be_used(item.id):
        raise OutcomeUnknown(f"{_NO_DETAILS}.")
    return item


def optional_answer(kind: type[R], answer: Answer) -> R | None:
    """Parse the response to a request whose status is sufficient; `None` if it cannot be parsed."""
    try:
        return answers.model(kind, answer.body)
    except ProtocolError:
        return None


def pipeline_in(done: PipelineOutput | None) -> Pipeline | None:
    """Return the pipeline in a response, if any.

    Raises:
        InvalidRequest: its `ok` says that nothing was done.
    """
    if done is not None and done.ok is False:
        raise InvalidRequest(200, "Studio refused, and gave no reason.")
    return done.pipeline if done else None


def created_pipeline(answer: Answer) -> Pipeline:
    """Parse the response to a request that created a pipeline, which must include it."""
    if pipeline := pipeline_in(parse_created(PipelineOutput, answer)):
        return pipeline
    raise OutcomeUnknown(f"{_NO_DETAILS}.")
