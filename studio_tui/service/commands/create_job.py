"""Creates jobs, so that no request creates two and none is lost silently.

A request is written to the journal and sent once. If no clear answer arrives, Studio's job list is
searched for the job by its label. If it is not there, the user is asked, and only then is the same
request sent again, with the same idempotency key.
"""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.label import intent_of, labelled
from studio_tui.api.models import Job, JobInput
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    OutcomeUnknown,
    PermissionDenied,
    StudioError,
)
from studio_tui.service.commands.attempts import send_with_retries
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.journal import Intent, IntentOutcome, Journal, OpenIntent
from studio_tui.service.commands.new_job import JustCreated
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.commands.uploads import UploadProgress, Uploads
from studio_tui.service.polling.backoff import Backoff, Jitter

PAGE = 100
"""Number of newest jobs that are searched first."""
FURTHEST = 6400
"""Maximum number of newest jobs that are searched."""

SKEW = timedelta(minutes=10)
"""Allowed difference between Studio's clock and ours, and between a request and its job."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits, in seconds and attempts, for finding out whether a job was created."""

    tries: int = 3
    """Attempts for an upload, or for a request that cannot have arrived."""
    rest: float = 0.5
    """Seconds before the second attempt; doubled for each further one."""
    longest_rest: float = 5.0
    """Maximum seconds between two attempts to read the list."""
    looks: int = 2
    """Lists without the job that Studio must have returned before the search ends."""
    apart: float = 4.0
    """Seconds between those lists, as a job may appear late."""
    look_up: float = 30.0
    """Maximum seconds spent searching."""


@dataclass(frozen=True, slots=True)
class Created:
    """The request created exactly this job."""

    job: Job
    is_guess: bool = False
    """Whether the match is only likely, as Studio sends nothing that would make it certain."""


@dataclass(frozen=True, slots=True)
class JobRefused:
    """The request created no job."""

    error: StudioError
    """The reason."""


@dataclass(frozen=True, slots=True)
class SearchExtent:
    """How far an unsuccessful search went."""

    answers: int = 0
    """Number of lists that Studio returned."""
    jobs: int = 0
    """Number of newest jobs that were searched."""
    is_far_enough: bool = True
    """Whether these jobs reach back to the time the request was sent."""


@dataclass(frozen=True, slots=True)
class UnconfirmedJob:
    """It is unknown whether the request created a job, so the user is asked.

    It stays in the journal, also after the program has ended, until `JobCreator` finds the job or
    the user gives up.
    """

    intent: Intent
    searched: SearchExtent
    why: StudioError | None = None
    """Why it is unknown; `None` if an earlier run ended before the answer."""
    note: OpenIntent = field(kw_only=True, repr=False)
    request: JobInput | None = field(default=None, kw_only=True, repr=False)
    """The request that was sent; `None` if an earlier run sent it."""


Outcome = Created | JobRefused | UnconfirmedJob


class JobCreator:
    """Creates jobs for one team; writes the journal of open intents and the job history."""

    def __init__(
        self,
        client: StudioClient,
        journal: Journal,
        history: JobHistory,
        changed: Callable[[], None] = lambda: None,
        *,
        made: Callable[[Job, Submitted], None] = lambda _job, _submitted: None,
        labels: bool = True,
        patience: Patience | None = None,
        now: Callable[[], datetime] = clock.now,
        jitter: Jitter = random.uniform,
    ) -> None:
        """Initialise with the client, the files and the callbacks.

        `changed` is called when Studio's jobs may have changed, `made` when a job was created.
        `labels` is whether new jobs get a label by which they can be found.
        """
        self.new_job = JustCreated()
        """The job created last."""
        self._made = made
        self._client = client
        self._journal = journal
        self._history = history
        self._changed = changed
        self._labels = labels
        self._patience = patience or Patience()
        self._uploads = Uploads(client, self._rests())
        self._now = now
        self._jitter = jitter

    async def create(
        self,
        job: JobInput,
        files: Sequence[Path] = (),
        *,
        doubted: Callable[[StudioError], None] = lambda _: None,
        uploading: UploadProgress = lambda _path, _sent, _size: None,
    ) -> Outcome:
        """Create a job with its files, each uploaded once.

        `doubted` is called if the answer was not clear, before the search for the job begins;
        `uploading` is called with the progress of each file.
        """
        try:
            request, known = await self._with_files(job, files, uploading)
            now = self._now()
            intent = Intent.of(request, now, is_labelled=self._labels, files=known)
            note = await asyncio.to_thread(self._journal.begin, intent)
        except StudioError as error:
            return JobRefused(error)
        if self._labels:
            environment = labelled(request.environment, intent.id)
            request = request.model_copy(update={"environment": environment})
        outcome = await self._make(note, request, doubted, may_exist=False)
        if isinstance(outcome, Created) or _is_refused_for_files(outcome):
            self._uploads.forget()
        return outcome

    async def send_again(
        self,
        unconfirmed: UnconfirmedJob,
        *,
        doubted: Callable[[StudioError], None] = lambda _: None,
    ) -> Outcome:
        """Send a request again, with the same key, if the job is still not in the list.

        Nothing is sent if an earlier run of the program sent it, as requests are not stored.
        """
        request = unconfirmed.request
        if request is None:
            return unconfirmed
        try:
            job, _ = await self._seek(unconfirmed.intent)
        except StudioError as error:
            return replace(unconfirmed, why=error)
        if job is not None:
            return await self._end(unconfirmed.note, job)
        return await self._make(unconfirmed.note, request, doubted, may_exist=True)

    async def give_up(self, unconfirmed: UnconfirmedJob) -> None:
        """End an intent unconfirmed: it is not searched for again, and the user not asked."""
        await asyncio.to_thread(unconfirmed.note.end, IntentOutcome.GIVEN_UP)

    def leave(self, unconfirmed: UnconfirmedJob) -> None:
        """Leave an intent open, so that `settle` of the next start looks it up."""
        unconfirmed.note.close()

    async def settle(self) -> tuple[UnconfirmedJob, ...]:
        """Look up the intents that ended programs left open; return those still unconfirmed."""
        open_intents = await asyncio.to_thread(self._journal.claim_open)
        # One look is enough for a job that has had enough time to appear.
        late = self._now() - timedelta(seconds=self._patience.look_up)
        outcomes = [
            await self._look_up(note, looks=1 if note.intent.sent_at < late else None)
            for note in open_intents
        ]
        return tuple(outcome for outcome in outcomes if isinstance(outcome, UnconfirmedJob))

    async def _make(
        self,
        note: OpenIntent,
        request: JobInput,
        doubted: Callable[[StudioError], None],
        *,
        may_exist: bool,
    ) -> Outcome:
        """Send a request; `may_exist` is whether an earlier attempt may have created the job."""
        try:
            try:
                job = await self._send(note.intent, request)
            except StudioError as error:
                if not may_exist and not isinstance(error, OutcomeUnknown):
                    return await self._end(note, JobRefused(error))
                doubted(error)
                return await self._look_up(note, error, request)
            return await self._end(note, Created(job))
        except BaseException:
            note.close()
            raise
        finally:
            self._changed()

    async def _send(self, intent: Intent, request: JobInput) -> Job:
        """Send a request; retry only if it cannot have arrived."""
        return await send_with_retries(
            lambda: self._client.create_job(request, idempotency_key=intent.id), self._rests()
        )

    async def _with_files(
        self, job: JobInput, paths: Sequence[Path], uploading: UploadProgress
    ) -> tuple[JobInput, dict[str, SentFile]]:
        """Upload files; return the request with their ids, and what is known of all its files."""
        named = job.files or ()
        known_files = await asyncio.to_thread(self._history.files, named) if named else {}
        uploaded = await self._uploads.upload(paths, uploading)
        known_files |= {file.id: file for file in uploaded}
        if not uploaded:
            return job, known_files
        files = (*named, *(file.id for file in uploaded))
        return job.model_copy(update={"files": files}), known_files

    def _rests(self) -> list[float]:
        """Return the seconds to wait after each attempt but the last."""
        return [self._patience.rest * 2.0**number for number in range(self._patience.tries - 1)]

    async def _look_up(
        self,
        note: OpenIntent,
        why: StudioError | None = None,
        request: JobInput | None = None,
        *,
        looks: int | None = None,
    ) -> Outcome:
        """Search for the job of an intent, until `looks` lists have not contained it.

        Failed reads are retried until the time limit; a refusal ends the search.
        """
        looks = looks or self._patience.looks
        searched = SearchExtent()
        patience = self._patience
        backoff = Backoff(patience.rest, patience.longest_rest, jitter=self._jitter)
        try:
            async with asyncio.timeout(self._patience.look_up):
                while searched.answers < looks:
                    rest = self._patience.apart
                    try:
                        job, seen = await self._seek(note.intent)
                    except (AuthenticationError, PermissionDenied):
                        break
                    except StudioError as error:
                        rest = max(backoff.failed(), error.asked_rest)
                    else:
                        if job is not None:
                            return await self._end(note, job)
                        searched = replace(seen, answers=searched.answers + 1)
                    if searched.answers < looks:
                        await asyncio.sleep(rest)
        except TimeoutError:
            pass
        return UnconfirmedJob(note.intent, searched, why, note=note, request=request)

    async def _seek(self, intent: Intent) -> tuple[Created | None, SearchExtent]:
        """Search once for the job of an intent, back to before it was sent, or `FURTHEST` jobs."""
        limit = PAGE
        while True:
            page = await self._client.jobs(limit=limit)
            if found := await self._find(intent, page.items):
                return found, SearchExtent()
            oldest = min((job.created_at for job in page.items if job.created_at), default=None)
            reaches = oldest is not None and oldest < intent.sent_at - SKEW
            is_far_enough = page.received < limit or reaches
            if is_far_enough or limit >= FURTHEST:
                return None, SearchExtent(1, page.received, is_far_enough=is_far_enough)
            limit *= 4

    async def _find(self, intent: Intent, jobs: Sequence[Job]) -> Created | None:
        """Return the job with the intent's label, else the only job that is a likely match."""
        labels = [(job, intent_of(job)) for job in jobs]
        for job, label in labels:
            if label == intent.id:
                return Created(job)
        likely = [
            job
            for job, label in labels
            if (label is None or (label == "" and not intent.is_labelled))
            and intent.resembles(job)
            and (job.created_at is None or abs(job.created_at - intent.sent_at) <= SKEW)
        ]
        return await self._guess(intent, likely) if likely else None

    async def _guess(self, intent: Intent, likely: Sequence[Job]) -> Created | None:
        """Return the likely job, if it is the only one that no other intent can have created."""
        entries = await asyncio.to_thread(self._journal.entries)
        others = [entry for entry in entries if entry.intent.id != intent.id]
        if any(
            entry.outcome is IntentOutcome.SENT and entry.intent.identity == intent.identity
            for entry in others
        ):
            return None
        taken = {entry.job_id for entry in others}
        names = [entry.created_by for entry in others if entry.created_by]
        mine = [
            job
            for job in likely
            if job.id not in taken and (not names or job.created_by in {names[-1], None})
        ]
        return Created(mine[0], is_guess=True) if len(mine) == 1 else None

    async def _end(self, note: OpenIntent, outcome: Created | JobRefused) -> Outcome:
        """Record the outcome of an intent; only certain matches go into the history."""
        if isinstance(outcome, Created):
            if not outcome.is_guess:
                submitted = note.intent.submitted
                await asyncio.to_thread(self._history.note_submitted, outcome.job.id, submitted)
            self._made(outcome.job, note.intent.submitted)
            await asyncio.to_thread(note.end, IntentOutcome.APPLIED, outcome.job)
        else:
            await asyncio.to_thread(note.end, IntentOutcome.REFUSED)
        return outcome


def _is_refused_for_files(outcome: Outcome) -> bool:
    """Whether a job was refused because of its files: Studio may have discarded uploads."""
    return (
        isinstance(outcome, JobRefused)
        and isinstance(outcome.error, InvalidRequest)
        and re.search(r"\b(files?|uploads?)\b", str(outcome.error)) is not None
    )
