"""Creates jobs, so that no request creates two jobs and no request is lost silently.

If no clear answer arrives, Studio's list of jobs is searched for the job's label. If the job is not
there, the user decides whether the request is sent again, with the same idempotency key.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.label import add_label, intent_of
from studio_tui.api.models import Job, JobInput
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    OutcomeUnknown,
    PermissionDenied,
    StudioError,
)
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.journal import Intent, IntentOutcome, Journal, OpenIntent
from studio_tui.service.commands.retries import send_with_retries
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.commands.uploads import UploadProgress, Uploads
from studio_tui.service.polling.backoff import Backoff

PAGE = 100
FURTHEST = 6400
"""Maximum number of newest jobs that are searched; the first list has `PAGE`."""

SKEW = timedelta(minutes=10)
"""Allowed difference between a request's time and the creation of its job by Studio's clock."""


LISTS_WITHOUT_JOB = 2
"""Number of lists without the job after which the search ends."""
REST_BETWEEN_LISTS = 4.0
"""Seconds between two lists without the job, as a new job may be listed late."""
LONGEST_SEARCH = 30.0
"""Seconds after which the search ends."""
BACKOFF = (0.5, 5.0)
"""First and longest span, in seconds, of the `Backoff` after failed attempts to read the list."""


@dataclass(frozen=True, slots=True)
class Created:
    """The request created this job."""

    job: Job


@dataclass(frozen=True, slots=True)
class JobRefused:
    """The request created no job."""

    error: StudioError


@dataclass(frozen=True, slots=True)
class SearchExtent:
    """How far an unsuccessful search went."""

    answers: int = 0
    """Number of lists that Studio returned."""
    jobs: int = 0
    """Number of newest jobs that were searched."""
    is_far_enough: bool = True
    """Whether the searched jobs include all that were created since the request was sent."""
    are_labels_known: bool = True
    """Whether the labels prove that none of these jobs is the one that was searched for."""


@dataclass(frozen=True, slots=True)
class UnconfirmedJob:
    """It is unknown whether the request created a job; its intent stays open in the journal."""

    intent: Intent
    searched: SearchExtent
    why: StudioError | None = None
    """Why there is no clear answer; `None` if an earlier run of the program sent the request."""
    open_intent: OpenIntent = field(kw_only=True, repr=False)
    request: JobInput | None = field(default=None, kw_only=True, repr=False)
    """`None` if an earlier run of the program sent the request."""


CreationOutcome = Created | JobRefused | UnconfirmedJob


class JobCreator:
    def __init__(
        self,
        client: StudioClient,
        journal: Journal,
        history: JobHistory,
        *,
        on_created: Callable[[Job, Submitted], None] = lambda _job, _submitted: None,
        labels: bool = True,
    ) -> None:
        """Initialize; `labels` is whether new jobs get a label by which they can be found."""
        self._on_created = on_created
        self._client = client
        self._journal = journal
        self._history = history
        self._labels = labels
        self._uploads = Uploads(client)

    async def create(
        self,
        job: JobInput,
        files: Sequence[Path] = (),
        *,
        on_unclear_answer: Callable[[StudioError], None] = lambda _: None,
        on_progress: UploadProgress = lambda _path, _sent, _size: None,
    ) -> CreationOutcome:
        """Upload `files` and create a job.

        `on_unclear_answer` is called before the job is searched for.
        """
        try:
            request, sent_files = await self._with_files(job, files, on_progress)
            now = clock.now()
            intent = Intent.of(request, now, is_labeled=self._labels, files=sent_files)
            open_intent = await asyncio.to_thread(self._journal.begin, intent)
        except StudioError as error:
            return JobRefused(error)
        if self._labels:
            environment = add_label(request.environment, intent.id)
            request = request.model_copy(update={"environment": environment})
        outcome = await self._send_or_search(
            open_intent, request, on_unclear_answer, may_exist=False
        )
        if isinstance(outcome, Created) or _is_refused_for_files(outcome):
            self._uploads.forget()
        return outcome

    async def send_again(
        self,
        unconfirmed: UnconfirmedJob,
        *,
        on_unclear_answer: Callable[[StudioError], None] = lambda _: None,
    ) -> CreationOutcome:
        """Send a request again, with the same key, if the job is still not in the list.

        A request of an earlier run of the program is not sent, as it is not stored.
        """
        request = unconfirmed.request
        if request is None:
            return unconfirmed
        try:
            created, _ = await self._search_once(unconfirmed.intent)
        except StudioError as error:
            return replace(unconfirmed, why=error)
        if created is not None:
            return await self._end(unconfirmed.open_intent, created)
        return await self._send_or_search(
            unconfirmed.open_intent, request, on_unclear_answer, may_exist=True
        )

    async def give_up(self, unconfirmed: UnconfirmedJob) -> None:
        """Record that the user gave up, so that the job is not searched for at the next start."""
        await asyncio.to_thread(unconfirmed.open_intent.end, IntentOutcome.GIVEN_UP)

    async def settle_open_intents(self) -> tuple[UnconfirmedJob, ...]:
        """Search for the jobs of intents that ended programs left open; return those not found."""
        open_intents = await asyncio.to_thread(self._journal.claim_open)
        outcomes = [await self._search(open_intent) for open_intent in open_intents]
        return tuple(outcome for outcome in outcomes if isinstance(outcome, UnconfirmedJob))

    async def _send_or_search(
        self,
        open_intent: OpenIntent,
        request: JobInput,
        on_unclear_answer: Callable[[StudioError], None],
        *,
        may_exist: bool,
    ) -> CreationOutcome:
        """Send a request, and search for its job if the answer does not show whether there is one.

        `may_exist` is whether an earlier attempt may have created the job.
        """
        try:
            try:
                key = open_intent.intent.id
                job = await send_with_retries(
                    lambda: self._client.create_job(request, idempotency_key=key)
                )
            except StudioError as error:
                if not may_exist and not isinstance(error, OutcomeUnknown):
                    return await self._end(open_intent, JobRefused(error))
                on_unclear_answer(error)
                return await self._search(open_intent, error, request)
            return await self._end(open_intent, Created(job))
        except BaseException:
            open_intent.close()
            raise

    async def _with_files(
        self, job: JobInput, paths: Sequence[Path], on_progress: UploadProgress
    ) -> tuple[JobInput, dict[str, SentFile]]:
        """Upload files; return the request with their ids, and its known files by id."""
        earlier_ids = job.files or ()
        files = await asyncio.to_thread(self._history.uploaded_files, earlier_ids)
        uploaded = await self._uploads.upload(paths, on_progress)
        files |= {file.id: file for file in uploaded}
        if not uploaded:
            return job, files
        ids = (*earlier_ids, *(file.id for file in uploaded))
        return job.model_copy(update={"files": ids}), files

    async def _search(
        self,
        open_intent: OpenIntent,
        why: StudioError | None = None,
        request: JobInput | None = None,
    ) -> CreationOutcome:
        """Search for the job of an intent; `why` is `None` if an earlier run sent the request."""
        long_ago = clock.now() - timedelta(seconds=LONGEST_SEARCH)
        # The job of an old request would be in the first list.
        enough = 1 if why is None and open_intent.intent.sent_at < long_ago else LISTS_WITHOUT_JOB
        searched = SearchExtent()
        backoff = Backoff(*BACKOFF)
        try:
            async with asyncio.timeout(LONGEST_SEARCH):
                while searched.answers < enough:
                    rest = REST_BETWEEN_LISTS
                    try:
                        created, extent = await self._search_once(open_intent.intent)
                    except (AuthenticationError, PermissionDenied):
                        break
                    except StudioError as error:
                        rest = max(backoff.add_failure(), error.retry_after)
                    else:
                        if created is not None:
                            return await self._end(open_intent, created)
                        searched = replace(extent, answers=searched.answers + 1)
                    if searched.answers < enough:
                        await asyncio.sleep(rest)
        except TimeoutError:
            pass
        return UnconfirmedJob(
            open_intent.intent, searched, why, open_intent=open_intent, request=request
        )

    async def _search_once(self, intent: Intent) -> tuple[Created | None, SearchExtent]:
        """Search ever longer lists for the job of an intent, until one has older jobs."""
        limit = PAGE
        while True:
            page = await self._client.jobs(limit=limit)
            labels = [intent_of(job) for job in page.items]
            if intent.id in labels:
                return Created(page.items[labels.index(intent.id)]), SearchExtent()
            oldest = min((job.created_at for job in page.items if job.created_at), default=None)
            reaches_back = oldest is not None and oldest < intent.sent_at - SKEW
            is_far_enough = page.received < limit or reaches_back
            if is_far_enough or limit >= FURTHEST:
                are_labels_known = intent.is_labeled and None not in labels
                return None, SearchExtent(1, page.received, is_far_enough, are_labels_known)
            limit *= 4

    async def _end(self, open_intent: OpenIntent, outcome: Created | JobRefused) -> CreationOutcome:
        if isinstance(outcome, Created):
            submitted = open_intent.intent.submitted
            await asyncio.to_thread(self._history.note_submitted, outcome.job.id, submitted)
            self._on_created(outcome.job, submitted)
            await asyncio.to_thread(open_intent.end, IntentOutcome.APPLIED)
        else:
            await asyncio.to_thread(open_intent.end, IntentOutcome.REFUSED)
        return outcome


def _is_refused_for_files(outcome: CreationOutcome) -> bool:
    """Whether a job was probably refused because Studio has discarded its uploads."""
    return (
        isinstance(outcome, JobRefused)
        and isinstance(outcome.error, InvalidRequest)
        and re.search(r"\b(files?|uploads?)\b", str(outcome.error)) is not None
    )
