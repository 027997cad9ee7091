from typing import Any, cast

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.label import NAME
from studio_tui.api.models import Job, JobRequest, QueryType
from studio_tui.errors import (
    InvalidRequest,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    StudioError,
    TransportError,
)
from studio_tui.service.commands.jobs import cancel_job, failure_message, repeat_of
from studio_tui.service.commands.submitted import SentFile, Submitted
from tests.jobs import NOON, job

pytestmark = pytest.mark.usefixtures("short_rests")

UNKNOWN = OutcomeUnknown("Sent, and no answer came.")


class Studio:
    """Answers requests to cancel a job and requests for its state, as a test sets."""

    def __init__(
        self, *answers: StudioError | None, state: str | StudioError | None = None
    ) -> None:
        self.answers = list(answers)
        """Errors of the next requests to cancel; `None` if they succeed."""
        self.state = state
        """The state of the job, or the error of each request for it."""
        self.cancels = 0

    async def cancel_job(self, _job_id: str) -> None:
        self.cancels += 1
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer

    async def job(self, _job_id: str) -> Job | None:
        if isinstance(self.state, StudioError):
            raise self.state
        return None if self.state is None else job(1, self.state)


async def cancel(studio: Studio) -> None:
    await cancel_job(cast(StudioClient, studio), job(1).id)


async def test_a_cancel_request_is_sent_once() -> None:
    studio = Studio(None)
    await cancel(studio)
    assert studio.cancels == 1


class CanceledAfterFirstRequest(Studio):
    """Cancels the job after the first request, before the second one arrives."""

    async def cancel_job(self, job_id: str) -> None:
        if self.cancels:
            self.state = "CANCELED"
        await super().cancel_job(job_id)


@pytest.mark.parametrize(
    "answer", [UNKNOWN, InvalidRequest(409, "The job has ended already: it is CANCELED.")]
)
async def test_a_repeated_cancel_request_succeeds_if_the_job_is_canceled_already(
    answer: StudioError,
) -> None:
    studio = CanceledAfterFirstRequest(UNKNOWN, answer, state="RUNNING")
    await cancel(studio)
    assert studio.cancels == 2


async def test_a_repeated_cancel_request_for_a_running_job_reports_its_own_error() -> None:
    lost = Studio(*[UNKNOWN] * 3, state="RUNNING")
    with pytest.raises(OutcomeUnknown):
        await cancel(lost)
    complete = Studio(UNKNOWN, InvalidRequest(409, "it is COMPLETE"), state="RUNNING")
    with pytest.raises(InvalidRequest, match="COMPLETE"):
        await cancel(complete)


@pytest.mark.parametrize(
    "error",
    [NotSent("away"), PermissionDenied(403, "not allowed"), RateLimited(429, "too many", 300.0)],
)
async def test_a_repeated_cancel_request_that_fails_leaves_the_outcome_unknown(
    error: StudioError,
) -> None:
    studio = Studio(UNKNOWN, *[error] * 3, state="RUNNING")
    with pytest.raises(OutcomeUnknown, match=f"{error} An earlier attempt may"):
        await cancel(studio)
    canceled = CanceledAfterFirstRequest(UNKNOWN, *[error] * 3, state="RUNNING")
    await cancel(canceled)


async def test_a_refused_repeat_is_unknown_if_the_job_cannot_be_read() -> None:
    class Unreadable(Studio):
        async def cancel_job(self, job_id: str) -> None:
            if self.cancels:
                self.state = TransportError("no answer")
            await super().cancel_job(job_id)

    studio = Unreadable(UNKNOWN, InvalidRequest(409, "It has ended."), state="RUNNING")
    with pytest.raises(OutcomeUnknown, match=r"^It has ended\. An earlier attempt may"):
        await cancel(studio)


async def test_a_cancel_request_with_unknown_outcome_is_repeated_only_while_the_job_runs() -> None:
    running, ended = Studio(UNKNOWN, None, state="RUNNING"), Studio(UNKNOWN, state="CANCELED")
    for studio in (running, ended):
        await cancel(studio)
    assert (running.cancels, ended.cancels) == (2, 1)


@pytest.mark.parametrize("state", [TransportError("no answer"), None])
async def test_a_cancel_request_whose_outcome_stays_unknown_is_reported_as_unknown(
    state: StudioError | None,
) -> None:
    with pytest.raises(OutcomeUnknown):
        await cancel(Studio(UNKNOWN, state=state))


async def test_a_cancel_request_that_did_not_reach_studio_is_sent_again() -> None:
    studio = Studio(NotSent("refused"), RateLimited(429, "too many", 0.01), None)
    await cancel(studio)
    assert studio.cancels == 3


@pytest.mark.parametrize("error", [NotSent("refused"), RateLimited(429, "too many")])
async def test_a_cancel_request_that_never_reaches_studio_fails_after_a_few_attempts(
    error: StudioError,
) -> None:
    studio = Studio(*[error] * 10)
    with pytest.raises(type(error)):
        await cancel(studio)
    assert 1 < studio.cancels < 10


async def test_a_cancel_request_fails_at_once_if_studio_asks_for_a_wait_of_minutes() -> None:
    studio = Studio(RateLimited(429, "too many", 300.0), None)
    with pytest.raises(RateLimited):
        await cancel(studio)
    assert studio.cancels == 1


async def test_a_refused_cancel_request_is_not_repeated() -> None:
    studio = Studio(NotFound(404, "no such job"), state="RUNNING")
    with pytest.raises(NotFound):
        await cancel(studio)
    assert studio.cancels == 1


def test_a_repeat_has_all_fields_that_studio_sends_for_the_job() -> None:
    query = "print('\x1b[31m')\r\n\tpass\u202e"
    request = repeat_of(
        job(
            1,
            name="train.py",
            query=query,
            query_type="SHELL",
            workers=3,
            environment={"A": "x=y z", "B": ""},
            requirements="numpy\n",
            repository="https://example.com/r@main",
            python_version="3.12",
            compute_cluster_name="gpu",
        ),
        "vision",
    )
    assert request == JobRequest(
        query=query,
        query_type=QueryType.SHELL,
        team_name="vision",
        environment="A=x=y z\nB=",
        workers=3,
        query_name="train.py",
        python_version="3.12",
        requirements="numpy\n",
        repository="https://example.com/r@main",
        compute_cluster_name="gpu",
    )


SUBMITTED = Submitted(
    priority=1,
    files=(SentFile(id="7", label="a.txt"), SentFile(id="9")),
    credentials_name="mine",
    compute_cluster_name="gpu",
    start_after=NOON,
    cron_expression="@daily",
    rerun_from_job_id="5",
    reset=True,
)


def test_a_repeat_has_the_submitted_fields_except_start_times_and_checkpoints() -> None:
    request = repeat_of(job(1), "vision", SUBMITTED)
    unlisted = request.model_dump(
        exclude=set(repeat_of(job(1), "vision").model_dump(exclude_none=True))
    )
    assert {name: value for name, value in unlisted.items() if value is not None} == {
        "priority": 1,
        "files": ("7", "9"),
        "credentials_name": "mine",
        "compute_cluster_name": "gpu",
    }


@pytest.mark.parametrize(
    ("listed", "submitted", "expected"),
    [
        ({}, {"compute_cluster_name": "gpu"}, ("gpu", None)),
        ({}, {"compute_cluster_id": 3}, (None, 3)),
        ({"compute_cluster_id": "3"}, {"compute_cluster_name": "gpu"}, (None, 3)),
        ({"compute_cluster_id": "x-3"}, {}, (None, "x-3")),
        ({"compute_cluster_name": "big", "compute_cluster_id": "3"}, {}, ("big", None)),
        ({"compute_cluster_name": "big"}, {"compute_cluster_id": 3}, ("big", None)),
    ],
)
def test_a_repeat_names_its_cluster_once_and_preferably_as_studio_sends_it(
    listed: dict[str, Any], submitted: dict[str, Any], expected: tuple[Any, Any]
) -> None:
    request = repeat_of(job(1, **listed), "vision", Submitted(**submitted))
    assert (request.compute_cluster_name, request.compute_cluster_id) == expected


def test_a_repeat_does_not_have_the_label_of_the_original_job() -> None:
    assert repeat_of(job(1, environment={NAME: "x", "A": "1"}), "vision").environment == "A=1"
    assert repeat_of(job(1, environment={NAME: "x"}), "vision").environment is None


def test_a_repeat_has_no_number_of_workers_if_studio_chose_it() -> None:
    assert repeat_of(job(1, workers=0), "vision").workers is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"query": None}, "job's query is not known"),
        ({"environment": {"KEY": "two\nlines"}}, "variable KEY has a line break"),
    ],
)
def test_repeating_a_job_with_unknown_or_invalid_fields_fails_with_the_reason(
    fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        repeat_of(job(1, **fields), "vision")
    assert sentence in str(caught.value)


def test_the_message_of_an_unknown_outcome_does_not_call_it_a_failure() -> None:
    assert failure_message(UNKNOWN) == f"It may or may not have been done: {UNKNOWN}"
    assert failure_message(NotFound(404, "no such job")) == "no such job"
