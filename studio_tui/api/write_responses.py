"""Parsing of responses to requests that change something."""

from typing import TypeVar

from studio_tui.api import answers
from studio_tui.api.exchange import Answer
from studio_tui.api.fields import Received
from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Job, Pipeline, PipelineOutput
from studio_tui.errors import InvalidRequest, OutcomeUnknown, ProtocolError

R = TypeVar("R", bound=Received)

_NO_DETAILS = "Studio accepted the request, but its answer does not say what the result was"


def parse_created(kind: type[R], answer: Answer) -> R:
    """Parse a created object; raise `OutcomeUnknown` if the response is not a usable one."""
    try:
        item = answers.parse_model(kind, answer.body)
    except ProtocolError as error:
        raise OutcomeUnknown(f"{_NO_DETAILS}.") from error
    if isinstance(item, Job) and not is_usable_id(item.id):
        raise OutcomeUnknown(f"{_NO_DETAILS}.")
    return item


def parse_optional(kind: type[R], answer: Answer) -> R | None:
    """Parse the response to a request that succeeded; `None` if the body cannot be parsed."""
    try:
        return answers.parse_model(kind, answer.body)
    except ProtocolError:
        return None


def pipeline_in(response: PipelineOutput | None) -> Pipeline | None:
    """Return the pipeline in a response; raise `InvalidRequest` if its `ok` is false."""
    if response is not None and response.ok is False:
        raise InvalidRequest(200, "Studio refused, and gave no reason.")
    return response.pipeline if response else None


def parse_created_pipeline(answer: Answer) -> Pipeline:
    """Return the created pipeline; raise like `parse_created` and `pipeline_in`."""
    if pipeline := pipeline_in(parse_created(PipelineOutput, answer)):
        return pipeline
    raise OutcomeUnknown(f"{_NO_DETAILS}.")
