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
    RateLimited,
    StudioError,
    TransportError,
)
from studio_tui.service.commands.jobs import JobCommands, failure_message, repeat_of
from studio_tui.service.commands.submitted import SentFile, Submitted
from tests.jobs import NOON, job

UNKNOWN = OutcomeUnknown("Sent, and no answer came.")


class Studio:
    """Answers cancels and questions as a test tells it to."""

    def __init__(
        self, *answers: StudioError | None, state: str | StudioError | None = None
    ) -> None:
        self.answers = list(answers)
        self.state = state
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


def commands(studio: Studio) -> tuple[JobCommands, list[str]]:
    changed: list[str] = []
    client = cast(StudioClient, studio)
    made = JobCommands(client, lambda: changed.append("changed"), rests=(0.001, 0.001))
    return made, changed


async def test_a_cancel_is_sent_once_and_the_list_is_asked_again() -> None:
    studio = Studio(None)
    made, changed = commands(studio)
    await made.cancel(job(1).id)
    assert studio.cancels == 1
    assert changed == ["changed"]


class Meanwhile(Studio):
    """Has the job canceled by the time of the second request."""

    async def cancel_job(self, job_id: str) -> None:
        if self.cancels:
            self.state = "CANCELED"
        await super().cancel_job(job_id)


@pytest.mark.parametrize(
    "answer", [UNKNOWN, InvalidRequest(409, "The job has ended already: it is CANCELED.")]
)
async def test_a_repeated_cancel_that_finds_the_job_canceled_has_what_it_wants(
    answer: StudioError,
) -> None:
    studio = Meanwhile(UNKNOWN, answer, state="RUNNING")
    await commands(studio)[0].cancel(job(1).id)
    assert studio.cancels == 2


async def test_a_repeated_cancel_that_finds_the_job_going_on_says_what_came_of_it() -> None:
    lost = Studio(UNKNOWN, UNKNOWN, state="RUNNING")
    with pytest.raises(OutcomeUnknown):
        await commands(lost)[0].cancel(job(1).id)
    complete = Studio(UNKNOWN, InvalidRequest(409, "it is COMPLETE"), state="RUNNING")
    with pytest.raises(InvalidRequest, match="COMPLETE"):
        await commands(complete)[0].cancel(job(1).id)


async def test_a_cancel_of_unknown_outcome_is_repeated_only_while_the_job_runs() -> None:
    running, ended = Studio(UNKNOWN, None, state="RUNNING"), Studio(UNKNOWN, state="CANCELED")
    for studio in (running, ended):
        await commands(studio)[0].cancel(job(1).id)
    assert (running.cancels, ended.cancels) == (2, 1)


@pytest.mark.parametrize("state", [TransportError("no answer"), None])
async def test_a_cancel_with_an_unknown_outcome_says_so(
    state: StudioError | None,
) -> None:
    made, changed = commands(Studio(UNKNOWN, state=state))
    with pytest.raises(OutcomeUnknown):
        await made.cancel(job(1).id)
    assert changed == ["changed"]


async def test_a_cancel_that_has_not_reached_studio_is_sent_again() -> None:
    studio = Studio(NotSent("refused"), RateLimited(429, "too many", 0.01), None)
    made, changed = commands(studio)
    await made.cancel(job(1).id)
    assert (studio.cancels, changed) == (3, ["changed"])


@pytest.mark.parametrize("error", [NotSent("refused"), RateLimited(429, "too many", None)])
async def test_a_cancel_that_never_reaches_studio_is_given_up(error: StudioError) -> None:
    studio = Studio(*[error] * 10)
    with pytest.raises(type(error)):
        await commands(studio)[0].cancel(job(1).id)
    assert 1 < studio.cancels < 10


async def test_studio_is_not_waited_for_if_it_asks_for_minutes() -> None:
    studio = Studio(RateLimited(429, "too many", 300.0), None)
    with pytest.raises(RateLimited):
        await commands(studio)[0].cancel(job(1).id)
    assert studio.cancels == 1


async def test_a_refused_cancel_is_not_repeated() -> None:
    studio = Studio(NotFound(404, "no such job"), state="RUNNING")
    with pytest.raises(NotFound):
        await commands(studio)[0].cancel(job(1).id)
    assert studio.cancels == 1


def test_a_rerun_has_all_that_studio_sends_of_the_job() -> None:
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


def test_a_repeat_has_what_was_submitted_but_for_its_times_and_checkpoints() -> None:
    request = repeat_of(job(1), "vision", SUBMITTED)
    untold = request.model_dump(
        exclude=set(repeat_of(job(1), "vision").model_dump(exclude_none=True))
    )
    assert {name: value for name, value in untold.items() if value is not None} == {
        "priority": 1,
        "files": ("7", "9"),
        "credentials_name": "mine",
        "compute_cluster_name": "gpu",
    }


@pytest.mark.parametrize(
    ("told", "submitted", "wanted"),
    [
        ({}, {"compute_cluster_name": "gpu"}, ("gpu", None)),
        ({}, {"compute_cluster_id": 3}, (None, 3)),
        ({"compute_cluster_id": "3"}, {"compute_cluster_name": "gpu"}, (None, 3)),
        ({"compute_cluster_id": "x-3"}, {}, (None, "x-3")),
        ({"compute_cluster_name": "big", "compute_cluster_id": "3"}, {}, ("big", None)),
        ({"compute_cluster_name": "big"}, {"compute_cluster_id": 3}, ("big", None)),
    ],
)
def test_a_rerun_names_its_cluster_once_preferably_as_studio_sends_it(
    told: dict[str, Any], submitted: dict[str, Any], wanted: tuple[Any, Any]
) -> None:
    request = repeat_of(job(1, **told), "vision", Submitted(**submitted))
    assert (request.compute_cluster_name, request.compute_cluster_id) == wanted


def test_a_repeat_has_no_label_of_the_job_it_repeats() -> None:
    assert repeat_of(job(1, environment={NAME: "x", "A": "1"}), "vision").environment == "A=1"
    assert repeat_of(job(1, environment={NAME: "x"}), "vision").environment is None


def test_workers_that_studio_chose_are_left_to_it_again() -> None:
    assert repeat_of(job(1, workers=0), "vision").workers is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"query": None}, "job's query is not known"),
        ({"environment": {"KEY": "two\nlines"}}, "variable KEY has a line break"),
    ],
)
def test_a_job_that_cannot_be_repeated_says_why(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        repeat_of(job(1, **fields), "vision")
    assert sentence in str(caught.value)


def test_an_unknown_outcome_is_never_called_a_failure() -> None:
    assert "may or may not have been done" in failure_message(UNKNOWN)
    assert failure_message(NotFound(404, "no such job")) == "no such job"
