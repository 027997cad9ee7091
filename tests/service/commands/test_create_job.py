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
    Created,
    JobCreator,
    JobRefused,
    Patience,
    UnconfirmedJob,
)
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.journal import IntentOutcome, Journal
from studio_tui.service.commands.submitted import SentFile
from studio_tui.service.recorder.database import RecorderFile
from tests.jobs import NOON, job

QUICK = Patience(rest=0.001, longest_rest=0.001, rest_between_lists=0.001, longest_search=5.0)
LOST = OutcomeUnknown("Sent, and no answer came.")
NO_ANSWER = TransportError("no answer")
REQUEST = JobInput(query="print(1)", team_name="vision", query_name="train.py", environment="A=1")


class Studio(StudioClient):
    """Makes and lists jobs; a test says what goes wrong with each request."""

    def __init__(self, folder: Path) -> None:
        self.history = JobHistory(RecorderFile(folder, "a place"))
        """What is remembered of it."""
        self.existing: list[Job] = []
        self.requests: list[tuple[JobInput, str | None]] = []
        self.creates: list[StudioError | None] = []
        """What the next requests for a job meet; after these all goes well."""
        self.makes: list[bool] = []
        """Whether the next of those make their jobs all the same."""
        self.lists: list[StudioError | None] = []
        self.uploads: list[StudioError | None] = []
        self.uploaded: list[Path] = []
        self.asked: list[int] = []
        self.was_asked = asyncio.Event()
        self.environment: Callable[[str | None], Any] = told
        """How the environment of a job is told."""
        self.now = NOON

    async def create_job(self, job_input: JobInput, *, idempotency_key: str | None = None) -> Job:
        self.requests.append((job_input, idempotency_key))
        error = self.creates.pop(0) if self.creates else None
        if error is None or (self.makes.pop(0) if self.makes else False):
            made = self.make(job_input)
        if error is not None:
            raise error
        return made

    def make(self, job_input: JobInput, **fields: Any) -> Job:
        made = job(
            100 + len(self.existing),
            "QUEUED",
            **{
                "name": job_input.query_name,
                "query": job_input.query,
                "created_at": self.now.isoformat(),
                "environment": self.environment(job_input.environment),
                **fields,
            },
        )
        self.existing.insert(0, made)
        return made

    async def jobs(self, *, limit: int = 100, **_: object) -> ResultPage[Job]:
        self.asked.append(limit)
        self.was_asked.set()
        if self.lists and (error := self.lists.pop(0)):
            raise error
        return ResultPage(tuple(self.existing[:limit]))

    async def upload_file(
        self, path: Path, *, progress: Callable[[int, int], None] | None = None
    ) -> UploadedFile:
        self.uploaded.append(path)
        if self.uploads and (error := self.uploads.pop(0)):
            raise error
        if progress is not None:
            progress(1, 1)
        return UploadedFile(id=str(len(self.uploaded)))


def file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("x")
    return path


def told(environment: str | None) -> dict[str, str]:
    """Return an environment as Studio tells it."""
    pairs = (line.partition("=") for line in (environment or "").splitlines())
    return {name: value for name, _, value in pairs}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "ledgers")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, "a place")


def creator(studio: Studio, journal: Journal, **how: Any) -> JobCreator:
    how = {"patience": QUICK, "now": lambda: NOON, **how}
    return JobCreator(studio, journal, studio.history, **how)


def fates(journal: Journal) -> list[IntentOutcome]:
    return [entry.outcome for entry in journal.entries()]


async def test_a_request_is_noted_before_it_is_sent_and_carries_its_intent(
    studio: Studio, journal: Journal
) -> None:
    changed: list[list[IntentOutcome]] = []
    made = await creator(studio, journal, changed=lambda: changed.append(fates(journal))).create(
        REQUEST
    )
    assert isinstance(made, Created)
    assert not made.is_guess
    ((request, key),) = studio.requests
    (entry,) = journal.entries()
    assert entry.intent.id == key
    assert request.environment == f"{NAME}={key}\nA=1"
    assert (entry.outcome, entry.job_id) == (IntentOutcome.APPLIED, made.job.id)
    assert changed == [[IntentOutcome.APPLIED]]


async def test_each_request_has_an_intent_of_its_own(studio: Studio, journal: Journal) -> None:
    made = creator(studio, journal)
    await asyncio.gather(made.create(REQUEST), made.create(REQUEST))
    assert len({key for _, key in studio.requests}) == 2


async def test_labels_can_be_left_out(studio: Studio, journal: Journal) -> None:
    await creator(studio, journal, labels=False).create(REQUEST)
    assert studio.requests[0][0] == REQUEST


async def test_nothing_is_sent_that_cannot_be_noted(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = await creator(studio, Journal(tmp_path / "file", "a place")).create(REQUEST)
    assert isinstance(outcome, JobRefused)
    assert "could not be recorded" in str(outcome.error)
    assert studio.requests == []


@pytest.mark.parametrize(
    "error",
    [InvalidRequest(422, "no cluster"), RateLimited(429, "slow down", 3), ServerError(507, "full")],
)
async def test_a_refusal_is_not_repeated(
    studio: Studio, journal: Journal, error: StudioError
) -> None:
    studio.creates = [error]
    assert await creator(studio, journal).create(REQUEST) == JobRefused(error)
    assert len(studio.requests) == 1
    assert studio.asked == []
    assert fates(journal) == [IntentOutcome.REFUSED]


async def test_what_cannot_have_arrived_is_sent_again_by_itself(
    studio: Studio, journal: Journal
) -> None:
    studio.creates = [NotSent("refused"), NotSent("refused")]
    assert isinstance(await creator(studio, journal).create(REQUEST), Created)
    assert len(studio.requests) == 3
    assert len({key for _, key in studio.requests}) == 1
    studio.creates = [NotSent("refused")] * 3
    assert isinstance(await creator(studio, journal).create(REQUEST), JobRefused)
    assert len(studio.existing) == 1


async def test_a_lost_answer_is_found_by_the_label_and_not_sent_again(
    studio: Studio, journal: Journal
) -> None:
    studio.make(REQUEST)
    studio.creates, studio.makes = [LOST], [True]
    studio.lists = [NO_ANSWER, RateLimited(429, "slow down", 0)]
    doubts: list[StudioError] = []
    outcome = await creator(studio, journal).create(REQUEST, on_unclear_answer=doubts.append)
    assert outcome == Created(studio.existing[0])
    assert doubts == [LOST]
    assert len(studio.requests) == 1
    assert journal.entries()[0].job_id == studio.existing[0].id


async def test_a_job_that_comes_late_is_found_by_the_second_look(
    studio: Studio, journal: Journal
) -> None:
    studio.creates = [LOST]
    made = creator(studio, journal, patience=Patience(rest_between_lists=0.05))
    looking = asyncio.create_task(made.create(REQUEST))
    await studio.was_asked.wait()
    late = studio.make(studio.requests[0][0])
    assert await looking == Created(late)


async def test_what_is_not_there_twice_is_asked_about(studio: Studio, journal: Journal) -> None:
    studio.creates = [LOST]
    studio.make(REQUEST)  # alike, but of somebody else
    outcome = await creator(studio, journal).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert outcome.why is LOST
    assert (outcome.searched.answers, outcome.searched.jobs) == (2, 1)
    assert outcome.searched.is_far_enough
    assert outcome.intent.sent_at == NOON
    assert len(studio.requests) == 1
    assert fates(journal) == [IntentOutcome.SENT]
    assert "A=1" not in repr(outcome)


async def test_looking_ends_when_nobody_answers(studio: Studio, journal: Journal) -> None:
    studio.creates = [LOST]
    studio.lists = [NO_ANSWER] * 10_000
    brief = Patience(rest=0.001, longest_rest=0.001, longest_search=0.05)
    outcome = await creator(studio, journal, patience=brief).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert outcome.searched.answers == 0
    assert len(studio.asked) > 2


async def test_looking_ends_when_the_token_is_refused(studio: Studio, journal: Journal) -> None:
    studio.creates = [LOST]
    studio.lists = [AuthenticationError(401, "no")] * 2
    assert isinstance(await creator(studio, journal).create(REQUEST), UnconfirmedJob)
    assert len(studio.asked) == 1


async def test_sending_again_is_the_same_request_under_the_same_key(
    studio: Studio, journal: Journal
) -> None:
    studio.creates = [LOST]
    made = creator(studio, journal)
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    again = await made.send_again(outcome)
    assert again == Created(studio.existing[0])
    assert studio.requests[0] == studio.requests[1]
    assert fates(journal) == [IntentOutcome.APPLIED]


async def test_a_job_that_has_come_meanwhile_is_not_sent_again(
    studio: Studio, journal: Journal
) -> None:
    studio.creates = [LOST]
    made = creator(studio, journal)
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    late = studio.make(studio.requests[0][0])
    assert await made.send_again(outcome) == Created(late)
    assert len(studio.requests) == 1


async def test_nothing_is_sent_again_while_studio_does_not_show_its_list(
    studio: Studio, journal: Journal
) -> None:
    studio.creates = [LOST]
    made = creator(studio, journal)
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    studio.lists = [NO_ANSWER]
    still = await made.send_again(outcome)
    assert isinstance(still, UnconfirmedJob)
    assert still.why is NO_ANSWER
    assert len(studio.requests) == 1
    assert isinstance(await made.send_again(still), Created)


async def test_a_refusal_of_the_second_request_says_nothing_of_the_first(
    studio: Studio, journal: Journal
) -> None:
    refusal = InvalidRequest(409, "The key is in use.")
    studio.creates = [LOST, refusal]
    made = creator(studio, journal)
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    studio.makes = [True]  # the first comes through at last
    assert await made.send_again(outcome) == Created(studio.existing[0])
    studio.creates = [LOST, refusal]
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    again = await made.send_again(outcome)
    assert isinstance(again, UnconfirmedJob)
    assert again.why is refusal


async def test_what_is_given_up_is_asked_about_no_more(studio: Studio, journal: Journal) -> None:
    studio.creates = [LOST]
    made = creator(studio, journal)
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    await made.give_up(outcome)
    assert fates(journal) == [IntentOutcome.GIVEN_UP]
    assert await made.settle_open_intents() == ()


async def test_a_request_that_is_cut_off_is_settled_later(studio: Studio, journal: Journal) -> None:
    studio.creates, studio.makes = [LOST], [True]
    studio.lists = [NO_ANSWER]
    slow = Patience(rest=60.0, longest_rest=60.0, longest_search=60.0)
    made = creator(studio, journal, patience=slow, jitter=lambda _, longest: longest)
    creating = asyncio.create_task(made.create(REQUEST))
    await studio.was_asked.wait()
    creating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creating
    assert fates(journal) == [IntentOutcome.SENT]
    assert await creator(studio, journal).settle_open_intents() == ()
    assert journal.entries()[0].job_id == studio.existing[0].id


async def test_what_an_earlier_run_left_and_studio_does_not_show_is_asked_about(
    studio: Studio, journal: Journal
) -> None:
    studio.creates = [LOST]
    outcome = await creator(studio, journal).create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    later = creator(studio, journal)
    assert await later.settle_open_intents() == ()  # while the other is at it
    outcome.open_intent.close()  # as the end of its program does
    (left,) = await later.settle_open_intents()
    assert (left.intent, left.why, left.request) == (outcome.intent, None, None)
    assert await later.send_again(left) is left
    await later.give_up(left)
    assert await creator(studio, journal).settle_open_intents() == ()


async def test_the_look_goes_back_to_when_the_request_was_sent(
    studio: Studio, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.creates, studio.makes = [LOST], [True]
    made = creator(studio, journal)
    crowd = [
        job(number, "QUEUED", created_at=(NOON + timedelta(days=1)).isoformat())
        for number in range(200, 900)
    ]

    async def slow(limit: int = 100) -> ResultPage[Job]:
        return ResultPage((*crowd, *studio.existing)[:limit])

    monkeypatch.setattr(studio, "jobs", slow)
    assert await made.create(REQUEST) == Created(studio.existing[0])
    monkeypatch.setattr(create_job, "FURTHEST", 400)
    studio.creates = [LOST]
    outcome = await made.create(REQUEST)
    assert isinstance(outcome, UnconfirmedJob)
    assert (outcome.searched.jobs, outcome.searched.is_far_enough) == (400, False)


def no_environment(_: str | None) -> None:
    """Tell none, as an older Studio."""


def masked(environment: str | None) -> dict[str, str]:
    return dict.fromkeys(told(environment), "********")


@pytest.mark.parametrize(
    ("labels", "environment"), [(False, told), (True, no_environment), (True, masked)]
)
async def test_without_a_label_to_read_the_only_likely_job_is_a_guess(
    studio: Studio, journal: Journal, labels: bool, environment: Callable[[str | None], Any]
) -> None:
    studio.environment = environment
    made = creator(studio, journal, labels=labels)
    first = await made.create(REQUEST)
    assert isinstance(first, Created)
    studio.make(REQUEST, created_at=(NOON - timedelta(hours=1)).isoformat())
    studio.make(REQUEST, created_by="bob")
    studio.make(REQUEST.model_copy(update={"query": "print(2)"}))
    studio.creates, studio.makes = [LOST], [True]
    outcome = await made.create(REQUEST)
    assert outcome == Created(studio.existing[0], is_guess=True)
    assert studio.existing[0].id != first.job.id


@pytest.mark.parametrize("other", ["a likely job more", "a request that is open"])
async def test_what_can_be_more_than_one_job_is_not_guessed(
    studio: Studio, journal: Journal, other: str
) -> None:
    made = creator(studio, journal, labels=False)
    if other == "a likely job more":
        studio.make(REQUEST)
    else:
        studio.creates = [LOST]
        assert isinstance(await made.create(REQUEST), UnconfirmedJob)
    studio.creates, studio.makes = [LOST], [True]
    assert isinstance(await made.create(REQUEST), UnconfirmedJob)


async def test_files_are_uploaded_once_a_request_and_a_failed_upload_again(
    studio: Studio, journal: Journal, tmp_path: Path
) -> None:
    one, two = file(tmp_path, "one"), file(tmp_path, "two")
    studio.uploads = [None, ServerError(503, "busy", 0), NO_ANSWER, None]
    studio.creates = [LOST]
    made = creator(studio, journal)
    job_input = REQUEST.model_copy(update={"files": ("7",)})
    outcome = await made.create(job_input, [one, two, one])
    assert isinstance(outcome, UnconfirmedJob)
    assert isinstance(await made.send_again(outcome), Created)
    assert studio.uploaded == [one, two, two, two]
    assert [request.files for request, _ in studio.requests] == [("7", "1", "4")] * 2


@pytest.mark.parametrize(
    ("error", "tries"), [(NO_ANSWER, 3), (InvalidRequest(413, "The file is too large."), 1)]
)
async def test_there_is_no_job_without_its_files(
    studio: Studio, journal: Journal, tmp_path: Path, error: StudioError, tries: int
) -> None:
    studio.uploads = [error] * 3
    made = creator(studio, journal)
    assert await made.create(REQUEST, [file(tmp_path, "one")]) == JobRefused(error)
    assert len(studio.uploaded) == tries
    assert studio.requests == []
    assert journal.entries() == []


async def test_what_is_uploaded_stays_so_until_it_is_changed_or_refused(
    studio: Studio, journal: Journal, tmp_path: Path
) -> None:
    one = file(tmp_path, "one")
    bad, gone = InvalidRequest(422, "workers is wrong"), InvalidRequest(400, "there is no upload 1")
    studio.creates = [bad, bad, gone, None]
    made = creator(studio, journal)
    told: list[tuple[Path, int, int]] = []
    for _ in range(2):
        await made.create(REQUEST, [one], on_progress=lambda *word: told.append(word))
    assert studio.uploaded == [one]
    assert told == [(one, 1, 1)] * 2
    one.write_text("changed")
    assert await made.create(REQUEST, [one]) == JobRefused(gone)
    assert studio.uploaded == [one] * 2
    assert isinstance(await made.create(REQUEST, [one]), Created)
    assert studio.uploaded == [one] * 3


def test_patience_is_bounded_by_default() -> None:
    usual = Patience()
    assert usual.rest_between_lists * usual.lists_without_job < usual.longest_search <= 30.0


async def test_the_history_has_what_studio_does_not_send_of_a_job_and_its_reruns(
    studio: Studio, journal: Journal, tmp_path: Path
) -> None:
    notes = file(tmp_path, "notes.txt")
    job_input = REQUEST.model_copy(update={"priority": 1, "credentials_name": "mine", "workers": 4})
    first = await creator(studio, journal).create(job_input, [notes])
    assert isinstance(first, Created)
    of_first = studio.history.submissions([first.job.id])[first.job.id]
    assert (of_first.priority, of_first.credentials_name) == (1, "mine")
    assert of_first.files == (SentFile(id="1", label="notes.txt", size=1, path=str(notes)),)
    again = job_input.model_copy(update={"files": ("1", "77")})
    second = await creator(studio, journal).create(again)
    assert isinstance(second, Created)
    of_second = studio.history.submissions([second.job.id])[second.job.id]
    assert of_second.files == (*of_first.files, SentFile(id="77"))


async def test_the_ledger_has_a_job_whose_answer_was_lost_once_it_is_certain(
    studio: Studio, journal: Journal
) -> None:
    job_input = REQUEST.model_copy(update={"priority": 0})
    studio.creates, studio.makes = [LOST], [True]
    studio.lists = [NO_ANSWER] * 1000
    made = creator(
        studio,
        journal,
        patience=Patience(0, 0.001, 0.001, rest_between_lists=0.001, longest_search=0.05),
    )
    unknown = await made.create(job_input)
    assert isinstance(unknown, UnconfirmedJob)
    made.leave(unknown)
    (job_id,) = (job.id for job in studio.existing)
    assert studio.history.submissions([job_id]) == {}
    studio.lists = []
    assert await creator(studio, journal).settle_open_intents() == ()
    assert studio.history.submissions([job_id])[job_id].priority == 0


async def test_the_ledger_has_no_job_that_is_only_likely_ours(
    studio: Studio, journal: Journal
) -> None:
    studio.creates, studio.makes = [LOST], [True]
    outcome = await creator(studio, journal, labels=False).create(REQUEST)
    assert isinstance(outcome, Created)
    assert outcome.is_guess
    assert studio.history.submissions([outcome.job.id]) == {}
