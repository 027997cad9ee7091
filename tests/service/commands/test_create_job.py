import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.label import NAME
from studio_tui.api.models import Job, JobInput, UploadedFile
from studio_tui.api.pages import ResultPage
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.commands import create_job
from studio_tui.service.commands.create_job import (
    LISTS_WITHOUT_JOB,
    LONGEST_SEARCH,
    REST_BETWEEN_LISTS,
    Created,
    JobCreator,
    JobRefused,
    UnconfirmedJob,
)
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.journal import IntentOutcome, Journal
from studio_tui.service.commands.submitted import SentFile
from studio_tui.service.recorder.database import RecorderFile
from tests.jobs import NOON, job
from tests.journals import entries

pytestmark = pytest.mark.usefixtures("noon", "short_rests")

ANSWER_LOST = OutcomeUnknown("Sent, and no answer came.")
NO_ANSWER = TransportError("no answer")
PROFILE = "https://studio.example.com\nvision"
REQUEST = JobInput(query="print(1)", team_name="vision", query_name="train.py", environment="A=1")


class Studio(StudioClient):
    """Creates and lists jobs in memory; a test sets which requests fail."""

    def __init__(self, folder: Path) -> None:
        self.history = JobHistory(RecorderFile(folder, PROFILE))
        """The history of this profile on disk."""
        self.jobs_now: list[Job] = []
        """All jobs, newest first."""
        self.requests: list[tuple[JobInput, str | None]] = []
        """Requests for jobs, with their idempotency keys."""
        self.create_errors: list[StudioError | None] = []
        """Errors of the next requests for jobs; without an error, a request succeeds."""
        self.creates_despite_error: list[bool] = []
        """Whether each of the next requests that fail creates its job all the same."""
        self.list_errors: list[StudioError | None] = []
        """Errors of the next requests for the list of jobs."""
        self.upload_errors: list[StudioError | None] = []
        """Errors of the next uploads."""
        self.uploaded: list[Path] = []
        """Files whose upload was attempted, in order."""
        self.list_limits: list[int] = []
        """The `limit` of each request for the list of jobs."""
        self.list_was_requested = asyncio.Event()
        self.listed_environment: Callable[[str | None], Any] = parsed
        """Returns the environment of a listed job, from the one that was requested."""

    async def create_job(self, job_input: JobInput, *, idempotency_key: str | None = None) -> Job:
        self.requests.append((job_input, idempotency_key))
        error = self.create_errors.pop(0) if self.create_errors else None
        if error is None:
            return self.add(job_input)
        if self.creates_despite_error and self.creates_despite_error.pop(0):
            self.add(job_input)
        raise error

    def add(self, job_input: JobInput, **fields: Any) -> Job:
        """Add a job as if it had been requested now."""
        created = job(
            100 + len(self.jobs_now),
            "QUEUED",
            **{
                "name": job_input.query_name,
                "query": job_input.query,
                "created_at": NOON.isoformat(),
                "environment": self.listed_environment(job_input.environment),
                **fields,
            },
        )
        self.jobs_now.insert(0, created)
        return created

    async def jobs(self, *, limit: int = 100, **_: object) -> ResultPage[Job]:
        self.list_limits.append(limit)
        self.list_was_requested.set()
        if self.list_errors and (error := self.list_errors.pop(0)):
            raise error
        return ResultPage(tuple(self.jobs_now[:limit]))

    async def upload_file(
        self, path: Path, *, progress: Callable[[int, int], None] | None = None
    ) -> UploadedFile:
        self.uploaded.append(path)
        if self.upload_errors and (error := self.upload_errors.pop(0)):
            raise error
        if progress is not None:
            progress(1, 1)
        return UploadedFile(id=str(len(self.uploaded)))


def new_file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("x")
    return path


def parsed(environment: str | None) -> dict[str, str]:
    """Return an environment as Studio lists it, from lines of `NAME=value`."""
    pairs = (line.partition("=") for line in (environment or "").splitlines())
    return {name: value for name, _, value in pairs}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "history")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, PROFILE)


def new_creator(studio: Studio, journal: Journal, **options: Any) -> JobCreator:
    return JobCreator(studio, journal, studio.history, **options)


def outcomes(journal: Journal) -> list[IntentOutcome]:
    return [entry.outcome for entry in entries(journal)]


async def test_a_request_is_sent_with_the_intent_that_the_journal_has(
    studio: Studio, journal: Journal
) -> None:
    created = await new_creator(studio, journal).create(REQUEST)
    assert isinstance(created, Created)
    ((request, key),) = studio.requests
    (entry,) = entries(journal)
    assert entry.intent.id == key
    assert request.environment == f"{NAME}={key}\nA=1"
    assert entry.outcome is IntentOutcome.APPLIED


async def test_each_request_has_its_own_intent(studio: Studio, journal: Journal) -> None:
    creator = new_creator(studio, journal)
    await asyncio.gather(creator.create(REQUEST), creator.create(REQUEST))
    assert len({key for _, key in studio.requests}) == 2


async def test_a_request_has_no_label_if_labels_are_disabled(
    studio: Studio, journal: Journal
) -> None:
    await new_creator(studio, journal, labels=False).create(REQUEST)
    assert studio.requests[0][0] == REQUEST


async def test_nothing_is_sent_if_the_journal_cannot_be_written(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    outcome = await new_creator(studio, Journal(tmp_path / "file", PROFILE)).create(REQUEST)
    assert isinstance(outcome, JobRefused)
    assert "could not be recorded" in str(outcome.error)
    assert studio.requests == []


@pytest.mark.parametrize(
    "error",
    [InvalidRequest(422, "no cluster"), RateLimited(429, "slow down", 3), ServerError(507, "full")],
)
async def test_a_refused_request_is_not_sent_again(
    studio: Studio, journal: Journal, error: StudioError
) -> None:
    studio.create_errors = [error]
    assert await new_creator(studio, journal).create(REQUEST) == JobRefused(error)
    assert len(studio.requests) == 1
    assert studio.list_limits == []
    assert outcomes(journal) == [IntentOutcome.REFUSED]


async def test_a_request_that_cannot_have_arrived_is_sent_again_automatically(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [NotSent("refused"), NotSent("refused")]
    assert isinstance(await new_creator(studio, journal).create(REQUEST), Created)
    assert len(studio.requests) == 3
    assert len({key for _, key in studio.requests}) == 1
    studio.create_errors = [NotSent("refused")] * 3
    assert isinstance(await new_creator(studio, journal).create(REQUEST), JobRefused)
    assert len(studio.jobs_now) == 1


async def test_a_job_whose_answer_was_lost_is_found_by_its_label(
    studio: Studio, journal: Journal
) -> None:
    studio.add(REQUEST)
    studio.create_errors, studio.creates_despite_error = [ANSWER_LOST], [True]
    studio.list_errors = [NO_ANSWER, RateLimited(429, "slow down", 0)]
    unclear_answers: list[StudioError] = []
    outcome = await new_creator(studio, journal).create(
        REQUEST, on_unclear_answer=unclear_answers.append
    )
    assert outcome == Created(studio.jobs_now[0])
    assert unclear_answers == [ANSWER_LOST]
    assert len(studio.requests) == 1
    assert outcomes(journal) == [IntentOutcome.APPLIED]


async def test_a_job_that_is_listed_late_is_found_in_the_second_list(
    studio: Studio, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_job, "REST_BETWEEN_LISTS", 0.05)
    studio.create_errors = [ANSWER_LOST]
    creator = new_creator(studio, journal)
    creation = asyncio.create_task(creator.create(REQUEST))
    await studio.list_was_requested.wait()
    late = studio.add(studio.requests[0][0])
    assert await creation == Created(late)


async def test_a_job_that_is_missing_from_two_lists_is_unconfirmed(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    studio.add(REQUEST)  # an equal job, but without the label of this request
    outcome = await new_creator(studio, journal).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert outcome.why is ANSWER_LOST
    assert (outcome.searched.answers, outcome.searched.jobs) == (2, 1)
    assert outcome.searched.is_far_enough
    assert outcome.searched.are_labels_known
    assert outcome.intent.sent_at == NOON
    assert len(studio.requests) == 1
    assert outcomes(journal) == [IntentOutcome.OPEN]
    assert "A=1" not in repr(outcome)


async def test_the_search_for_a_job_ends_if_no_list_arrives(
    studio: Studio, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 0.05)
    studio.create_errors = [ANSWER_LOST]
    studio.list_errors = [NO_ANSWER] * 10_000
    outcome = await new_creator(studio, journal).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert outcome.searched.answers == 0
    assert len(studio.list_limits) > 2


async def test_the_search_for_a_job_ends_if_the_token_is_rejected(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    studio.list_errors = [AuthenticationError(401, "no")] * 2
    assert isinstance(await new_creator(studio, journal).create(REQUEST), UnconfirmedJob)
    assert len(studio.list_limits) == 1


async def test_a_request_is_sent_again_unchanged_and_with_the_same_key(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    creator = new_creator(studio, journal)
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert await creator.send_again(outcome) == Created(studio.jobs_now[0])
    assert studio.requests[0] == studio.requests[1]
    assert outcomes(journal) == [IntentOutcome.APPLIED]


async def test_a_request_is_not_sent_again_if_its_job_has_been_listed_meanwhile(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    creator = new_creator(studio, journal)
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    late = studio.add(studio.requests[0][0])
    assert await creator.send_again(outcome) == Created(late)
    assert len(studio.requests) == 1


async def test_a_request_is_not_sent_again_while_the_list_cannot_be_read(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    creator = new_creator(studio, journal)
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    studio.list_errors = [NO_ANSWER]
    unsent = await creator.send_again(outcome)
    assert isinstance(unsent, UnconfirmedJob)
    assert unsent.why is NO_ANSWER
    assert len(studio.requests) == 1
    assert isinstance(await creator.send_again(unsent), Created)


async def test_a_refused_second_request_does_not_show_that_the_first_created_no_job(
    studio: Studio, journal: Journal
) -> None:
    conflict = InvalidRequest(409, "The key is in use.")
    studio.create_errors = [ANSWER_LOST, conflict]
    creator = new_creator(studio, journal)
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    studio.creates_despite_error = [True]  # of the first request, which arrives late
    assert await creator.send_again(outcome) == Created(studio.jobs_now[0])
    studio.create_errors = [ANSWER_LOST, conflict]
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    unconfirmed = await creator.send_again(outcome)
    assert isinstance(unconfirmed, UnconfirmedJob)
    assert unconfirmed.why is conflict


async def test_a_request_that_the_user_gave_up_is_not_searched_for_again(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    creator = new_creator(studio, journal)
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    await creator.give_up(outcome)
    assert outcomes(journal) == [IntentOutcome.GIVEN_UP]
    assert await creator.settle_open_intents() == ()


@pytest.mark.usefixtures("longest_rests")
async def test_the_job_of_a_canceled_search_is_found_later(
    studio: Studio, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_job, "BACKOFF", (60.0, 60.0))
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 60.0)
    studio.create_errors, studio.creates_despite_error = [ANSWER_LOST], [True]
    studio.list_errors = [NO_ANSWER]
    creator = new_creator(studio, journal)
    creation = asyncio.create_task(creator.create(REQUEST))
    await studio.list_was_requested.wait()
    creation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creation
    assert outcomes(journal) == [IntentOutcome.OPEN]
    assert await new_creator(studio, journal).settle_open_intents() == ()
    assert outcomes(journal) == [IntentOutcome.APPLIED]


async def test_a_missing_job_of_an_earlier_run_is_unconfirmed(
    studio: Studio, journal: Journal
) -> None:
    studio.create_errors = [ANSWER_LOST]
    outcome = await new_creator(studio, journal).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    later = new_creator(studio, journal)
    assert await later.settle_open_intents() == ()  # as the other creator has locked the intent
    outcome.open_intent.close()  # as when the other program ends
    (unconfirmed,) = await later.settle_open_intents()
    assert (unconfirmed.intent, unconfirmed.why, unconfirmed.request) == (
        outcome.intent,
        None,
        None,
    )
    assert await later.send_again(unconfirmed) is unconfirmed
    await later.give_up(unconfirmed)
    assert await new_creator(studio, journal).settle_open_intents() == ()


async def test_the_search_for_a_job_goes_back_to_when_the_request_was_sent(
    studio: Studio, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.create_errors, studio.creates_despite_error = [ANSWER_LOST], [True]
    creator = new_creator(studio, journal)
    newer_jobs = [
        job(number, "QUEUED", created_at=(NOON + timedelta(days=1)).isoformat())
        for number in range(200, 900)
    ]

    async def jobs(limit: int = 100) -> ResultPage[Job]:
        return ResultPage((*newer_jobs, *studio.jobs_now)[:limit])

    monkeypatch.setattr(studio, "jobs", jobs)
    assert await creator.create(REQUEST) == Created(studio.jobs_now[0])
    monkeypatch.setattr(create_job, "FURTHEST", 400)
    studio.create_errors = [ANSWER_LOST]
    outcome = await creator.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert (outcome.searched.jobs, outcome.searched.is_far_enough) == (400, False)


def no_environment(_: str | None) -> None:
    """List no environment, as an older Studio."""


def masked(environment: str | None) -> dict[str, str]:
    """List an environment with hidden values."""
    return dict.fromkeys(parsed(environment), "********")


@pytest.mark.parametrize(
    ("labels", "listed_environment"), [(False, parsed), (True, no_environment), (True, masked)]
)
async def test_a_job_without_a_readable_label_is_not_recognized(
    studio: Studio, journal: Journal, labels: bool, listed_environment: Callable[[str | None], Any]
) -> None:
    studio.listed_environment = listed_environment
    studio.create_errors, studio.creates_despite_error = [ANSWER_LOST], [True]
    outcome = await new_creator(studio, journal, labels=labels).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert not outcome.searched.are_labels_known
    assert len(studio.jobs_now) == 1


async def test_each_file_is_uploaded_once_and_again_only_after_a_failed_upload(
    studio: Studio, journal: Journal, tmp_path: Path
) -> None:
    first, second = new_file(tmp_path, "first"), new_file(tmp_path, "second")
    studio.upload_errors = [None, ServerError(503, "busy", 0), NO_ANSWER, None]
    studio.create_errors = [ANSWER_LOST]
    creator = new_creator(studio, journal)
    job_input = REQUEST.model_copy(update={"files": ("7",)})
    outcome = await creator.create(job_input, [first, second, first])
    assert isinstance(outcome, UnconfirmedJob)
    assert isinstance(await creator.send_again(outcome), Created)
    assert studio.uploaded == [first, second, second, second]
    assert [request.files for request, _ in studio.requests] == [("7", "1", "4")] * 2


@pytest.mark.parametrize(
    ("error", "tries"), [(NO_ANSWER, 3), (InvalidRequest(413, "The file is too large."), 1)]
)
async def test_no_job_is_requested_if_an_upload_fails(
    studio: Studio, journal: Journal, tmp_path: Path, error: StudioError, tries: int
) -> None:
    studio.upload_errors = [error] * 3
    creator = new_creator(studio, journal)
    assert await creator.create(REQUEST, [new_file(tmp_path, "file")]) == JobRefused(error)
    assert len(studio.uploaded) == tries
    assert studio.requests == []
    assert entries(journal) == []


async def test_an_upload_is_used_again_until_the_file_changes_or_studio_refuses_the_upload(
    studio: Studio, journal: Journal, tmp_path: Path
) -> None:
    path = new_file(tmp_path, "file")
    invalid = InvalidRequest(422, "workers is wrong")
    upload_missing = InvalidRequest(400, "there is no upload 1")
    studio.create_errors = [invalid, invalid, upload_missing, None]
    creator = new_creator(studio, journal)
    progress: list[tuple[Path, int, int]] = []
    for _ in range(2):
        await creator.create(REQUEST, [path], on_progress=lambda *values: progress.append(values))
    assert studio.uploaded == [path]
    assert progress == [(path, 1, 1)] * 2
    path.write_text("changed")
    assert await creator.create(REQUEST, [path]) == JobRefused(upload_missing)
    assert studio.uploaded == [path] * 2
    assert isinstance(await creator.create(REQUEST, [path]), Created)
    assert studio.uploaded == [path] * 3


def test_a_search_reads_enough_lists_within_its_limit() -> None:
    assert REST_BETWEEN_LISTS * LISTS_WITHOUT_JOB < LONGEST_SEARCH <= 30.0


async def test_the_history_has_the_fields_that_studio_does_not_send_for_a_job(
    studio: Studio, journal: Journal, tmp_path: Path
) -> None:
    notes = new_file(tmp_path, "notes.txt")
    job_input = REQUEST.model_copy(update={"priority": 1, "credentials_name": "mine", "workers": 4})
    first = await new_creator(studio, journal).create(job_input, [notes])
    assert isinstance(first, Created)
    first_submission = studio.history.submissions([first.job.id])[first.job.id]
    assert (first_submission.priority, first_submission.credentials_name) == (1, "mine")
    assert first_submission.files == (SentFile(id="1", label="notes.txt", size=1, path=str(notes)),)
    rerun = job_input.model_copy(update={"files": ("1", "77")})
    second = await new_creator(studio, journal).create(rerun)
    assert isinstance(second, Created)
    second_submission = studio.history.submissions([second.job.id])[second.job.id]
    assert second_submission.files == (*first_submission.files, SentFile(id="77"))


async def test_the_history_has_a_job_with_a_lost_answer_once_the_job_is_certain(
    studio: Studio, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 0.05)
    job_input = REQUEST.model_copy(update={"priority": 0})
    studio.create_errors, studio.creates_despite_error = [ANSWER_LOST], [True]
    studio.list_errors = [NO_ANSWER] * 1000
    creator = new_creator(studio, journal)
    unconfirmed = await creator.create(job_input)
    assert isinstance(unconfirmed, UnconfirmedJob)
    unconfirmed.open_intent.close()
    (job_id,) = (created.id for created in studio.jobs_now)
    assert studio.history.submissions([job_id]) == {}
    studio.list_errors = []
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 5.0)
    assert await new_creator(studio, journal).settle_open_intents() == ()
    assert studio.history.submissions([job_id])[job_id].priority == 0
