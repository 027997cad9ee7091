"""Commands on marked jobs, or on one: one confirmation for all, and an outcome for each."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.models import Job, JobInput, Pipeline
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest, OutcomeUnknown, StudioError
from studio_tui.presentation.form.repeat_notes import (
    FILES,
    NO_FILES,
    repeat_lines,
    settings_not_returned,
)
from studio_tui.presentation.format import SHORT_ID, join_names, plural
from studio_tui.presentation.jobs.bulk import (
    JobSelection,
    WhyNot,
    cancel_effect,
    select,
    summary,
    why_not_cancel,
    why_not_cancel_in_jobs,
    why_not_rerun,
)
from studio_tui.presentation.jobs.groups import newer_attempt_counts
from studio_tui.presentation.jobs.rows import newer_attempt_words
from studio_tui.presentation.jobs.states import state_cell
from studio_tui.service.commands.create_job import JobRefused
from studio_tui.service.commands.jobs import repeat_of
from studio_tui.service.commands.submitted import Submitted, rerun_request
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.bulk import BulkCommand, begin_bulk, question_lines
from studio_tui.tui.frame.commands import Host, why_read_only
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.create import create, hint_to_newest_run
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.jobs.naming import describe, time_of, title
from studio_tui.tui.jobs.rerun import submitted_of, submitted_settings, with_schedule
from studio_tui.tui.jobs.start_order import OrderedCreation, RerunRequest, start_order
from studio_tui.tui.terminal.clipboard import copy

_CHECKPOINTS = (
    "Datasets that a job has finished are loaded from its checkpoints if the query up to them is "
    "unchanged; everything else is computed again. r runs all of it again."
)

GIVEN_UP = "It may or may not have been created; it was not sent again."
"""The outcome of a job whose request the user did not want sent again."""


class BulkJobs:
    """Runs each command on those of the marked jobs to which it applies."""

    def __init__(
        self,
        host: Host,
        marked: MarkedJobs,
        owner_of: Callable[[Job], Pipeline | None],
        why_not_cancel: WhyNot = why_not_cancel_in_jobs,
    ) -> None:
        """Make a controller; `owner_of` returns the pipeline that runs a job."""
        self._host = host
        self.marked = marked
        self._owner_of = owner_of
        self._why_not_cancel = why_not_cancel

    def why_not_cancel(self) -> str | None:
        """Return why none of the marked jobs can be canceled; `None` if one might be."""
        return self._why_none(self._why_not_cancel, "canceled")

    def why_not_rerun(self) -> str | None:
        return self._why_none(why_not_rerun, "run again")

    def why_not_copy(self) -> str | None:
        if not (jobs := self.marked.available_jobs()):
            return self._none_words("copied")
        return None if any(is_usable_id(job.id) for job in jobs) else NO_ID

    def _why_none(self, why_not: WhyNot, done: str) -> str | None:
        if reason := why_read_only(self._host):
            return reason
        available, count = self.marked.available_jobs(), self.marked.count()
        not_begun = self.marked.not_begun()
        chosen = select(available, why_not, not_begun=not_begun)
        if chosen.jobs or len(available) + not_begun < count:
            # The command itself requests the unavailable jobs from Studio, and checks them then.
            return None
        return self._none_words(done, chosen.left_out)

    def _none_words(self, done: str, left_out: str = "") -> str:
        """Return that no marked job can be `done`, such as `canceled`, and why.

        `left_out` is that of a `JobSelection`.
        """
        if (count := self.marked.count()) == 1:
            words, why = f"The {self.marked.noun} cannot be {done}", left_out.removeprefix("1 ")
            return f"{words}: it {why}" if why else words
        words = f"None of the {plural(count, self.marked.noun)} can be {done}"
        return f"{words}: {left_out}" if left_out else words

    def _count_words(self, jobs: Sequence[Job]) -> str:
        """Return `3 marked jobs`, `2 of 3 marked jobs`, or `this job`."""
        count = max(self.marked.count(), len(jobs))
        if count == 1:
            return f"this {self.marked.noun}"
        words = plural(count, self.marked.noun)
        return words if count == len(jobs) else f"{len(jobs):,} of {words}"

    async def _choose(self, why_not: WhyNot, done: str) -> JobSelection | None:
        """Return the jobs to which a command applies; if there are none, notify the user."""
        jobs, not_begun = await self.marked.jobs(), self.marked.not_begun()
        unknown = max(0, self.marked.count() - len(jobs) - not_begun)
        chosen = select(jobs, why_not, not_begun=not_begun, unknown=unknown)
        if chosen.jobs:
            return chosen
        self._host.notify_user(self._none_words(done, chosen.left_out), "warning")
        return None

    async def copy_ids(self) -> None:
        ids = [job.id for job in await self.marked.jobs() if is_usable_id(job.id)]
        await copy(
            self._host.app, "\n".join(ids), f"the ids of {plural(len(ids), self.marked.noun)}"
        )

    async def ids_to_edit(self) -> list[str]:
        """Return the ids of the marked jobs that can be rerun; notify the user of the others."""
        chosen = await self._choose(why_not_rerun, "run again")
        if chosen is None:
            return []
        if chosen.left_out:
            self._host.notify_user(f"Left out: {chosen.left_out}")
        return [job.id for job in chosen.jobs]

    async def cancel(self) -> None:
        """Ask, then cancel the jobs that can be canceled."""
        chosen = await self._choose(self._why_not_cancel, "canceled")
        if chosen is None:
            return
        jobs, blocked = chosen.jobs, self._host.session.known_items.pipelines().blocked
        noun = self.marked.noun.removeprefix("marked ")
        is_one = len(jobs) == 1
        tasks = [job for job in jobs if job.state is JobState.TASK]
        submissions = await submitted_of(tasks, self._host.session) if tasks else {}
        listed = [with_schedule(job, submissions.get(job.id)) for job in jobs]

        def line(job: Job) -> str:
            if job.state is JobState.TASK:
                return f"  {title(job)}  {time_of(job) or 'Studio does not say when'}"
            state = state_cell(job.state, job.status, is_blocked=job.id in blocked).text.lower()
            return f"  {title(job)}  {state}"

        question = Confirm(
            f"Cancel {self._count_words(jobs)}?",
            question_lines(
                self._host,
                (*summary(chosen, blocked), *self.marked.notes()),
                (cancel_effect(jobs), *self._pipeline_notes(jobs)),
                describe(listed[0]) if is_one else list(map(line, listed)),
            ),
            yes="Cancel it" if is_one else f"Cancel {plural(len(jobs), noun)}",
            no="Leave it" if is_one else "Leave them",
        )
        if await self._host.ask(question):
            session = self._host.session
            command = BulkCommand(
                doing="Canceling",
                done="cancellation requested",
                heading="Cancellation requested for {}",
                noun=noun,
                items=_cancelable_now(session, jobs),
                name=title,
                command=lambda job: session.commands.cancel_job(job.id),
                can_be_undone=not is_one,
                on_begun=self._unmark_not_cancelable,
                unmark=lambda job: self.marked.unmark(job.id),
            )
            begin_bulk(self._host, command)

    def _unmark_not_cancelable(self) -> None:
        # The others stay marked until they are canceled, so that x tries again if that is refused.
        marked = _as_known_now(self._host.session, self.marked.available_jobs())
        for job in marked:
            if not job.state.is_cancelable:
                self.marked.unmark(job.id)

    async def rerun(self, *, from_checkpoints: bool) -> None:
        """Show which settings of the jobs are known, ask, then rerun them."""
        chosen = await self._choose(why_not_rerun, "run again")
        if chosen is None:
            return
        jobs, session = chosen.jobs, self._host.session
        blocked = session.known_items.pipelines().blocked
        submitted = await submitted_of(jobs, session)
        requests = [
            (job, _request(job, session, submitted.get(job.id), from_checkpoints)) for job in jobs
        ]
        is_one = len(jobs) == 1
        if is_one and isinstance(error := requests[0][1], StudioError):
            self._host.notify_user(str(error), "error")
            return
        order = await start_order(session, jobs)
        summaries = *summary(chosen, blocked), *self.marked.notes()
        names, settings_notes = _lines_and_notes(jobs, submitted)
        newer = newer_attempt_sentences(session, jobs)
        how = "from checkpoints" if from_checkpoints else "unchanged"
        question = Confirm(
            f"Run {self._count_words(jobs)} again {how}?",
            question_lines(
                self._host,
                names if is_one else (),
                order.lines,
                summaries,
                (newer,) if newer else (),
                (_CHECKPOINTS,) if from_checkpoints else (),
                settings_notes,
                self._replacement_notes(jobs[0]) if is_one and from_checkpoints else (),
                () if is_one else names,
            ),
            yes=f"Run {'it' if is_one else 'them'}{' all at once' if order.is_lost else ''}",
            no="Don't",
            default_yes=not order.is_lost,
        )
        if await self._host.ask(question):
            command = create_command(self._host, requests, on_created=self.marked.unmark)
            begin_bulk(self._host, command)

    def _replacement_notes(self, job: Job) -> tuple[str, ...]:
        """Return what continuing a job means for its pipeline, if that is known."""
        from studio_tui.presentation.pipelines.impact import repeat_notes  # noqa: PLC0415 (on demand)

        owner = self._owner_of(job)
        if owner is None or not self._host.session.is_local:
            return ()  # what another Studio does is unknown
        return repeat_notes(owner, job.id)

    def _pipeline_notes(self, jobs: Sequence[Job]) -> tuple[str, ...]:
        """Return the effects of canceling jobs on their pipelines."""
        # Imported on use, so that the dashboard starts faster.
        from studio_tui.presentation.pipelines.impact import cancel_notes  # noqa: PLC0415

        runs: dict[str, tuple[Pipeline, list[str]]] = {}
        for job in jobs:
            if (owner := self._owner_of(job)) is not None:
                runs.setdefault(owner.pipeline_id, (owner, []))[1].append(job.id)
        return tuple(note for owner, ids in runs.values() for note in cancel_notes(owner, ids))


def create_command(
    host: Host,
    requests: Sequence[RerunRequest],
    files: Sequence[Path] = (),
    *,
    on_created: Callable[[str], object],
) -> BulkCommand[RerunRequest, str]:
    """Return the command that creates jobs again; `files` are uploaded for each of them.

    In a local Studio, each job starts after the other jobs that it depends on. `on_created` is
    called with the id of an original job after it was created again.
    """
    is_ordered = host.session.client.is_local_studio and len(requests) > 1
    ordered = OrderedCreation(host.session, requests, files) if is_ordered else None

    async def create_one(rerun: RerunRequest) -> str:
        job, request = rerun
        if ordered is not None and (job_id := await ordered.created_id(job)) is not None:
            return f"created as {job_id[:SHORT_ID]}" if job_id else "created"
        if isinstance(request, StudioError):
            raise request
        outcome = await create(host.app, host.session.commands.job_creator, request, files)
        if outcome is None:
            raise OutcomeUnknown(GIVEN_UP)
        if isinstance(outcome, JobRefused):
            raise outcome.error
        hint = hint_to_newest_run(host.app) if len(requests) == 1 else ""
        return f"created as {title(outcome.job)}{hint}"

    return BulkCommand(
        doing="Creating",
        done="created",
        noun="job",
        items=requests,
        name=lambda rerun: title(rerun[0]),
        command=create_one,
        can_be_undone=len(requests) > 1,
        unmark=lambda rerun: on_created(rerun[0].id),
        report_text=str,
    )


def _lines_and_notes(
    jobs: Sequence[Job], submitted: Mapping[str, Submitted]
) -> tuple[Sequence[str], tuple[str, ...]]:
    """Return a line for each job with its known settings, and notes about these lines.

    A single job has several lines, and its settings are in the notes.
    """
    settings_of = {
        job.id: submitted_settings(job, submitted[job.id]) if job.id in submitted else {}
        for job in jobs
    }
    if len(jobs) == 1:
        (job,) = jobs
        recorded = settings_of[job.id] if job.id in submitted else None
        return describe(job), repeat_lines(job, recorded)
    lines = []
    for job in jobs:
        settings = ", ".join(f"{name} {value}" for name, value in settings_of[job.id].items())
        lines.append(f"  {title(job)}" + (f": {settings}" if settings else ""))
    notes = []
    if any(settings_of.values()):
        notes.append("Settings beside a job are those submitted from this dashboard.")
    not_from_here = [job for job in jobs if job.id not in submitted]
    if not_from_here:
        fields = dict.fromkeys(
            name for job in not_from_here for name in settings_not_returned(job) if name != FILES
        )
        whose = f" of {join_names(list(map(title, not_from_here)))}" if submitted else ""
        notes.append(f"Server default{whose}: {', '.join(fields)}")
        notes.append(NO_FILES.replace(":", f"{whose}:", 1))
    return lines, tuple(notes)


def _request(
    job: Job, session: StudioSession, submitted: Submitted | None, from_checkpoints: bool
) -> JobInput | StudioError:
    try:
        request = repeat_of(job, session.team, submitted)
    except InvalidRequest as error:
        return error
    return rerun_request(request, job.id, from_checkpoints=from_checkpoints)


def _as_known_now(session: StudioSession, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs in their latest known states."""
    known = session.known_items.jobs([job.id for job in jobs])
    return [known.get(job.id, job) for job in jobs]


def _cancelable_now(session: StudioSession, jobs: Sequence[Job]) -> tuple[Job, ...]:
    return select(_as_known_now(session, jobs), why_not_cancel).jobs


def newer_attempt_sentences(session: StudioSession, jobs: Sequence[Job]) -> str:
    """Return sentences on how many of `jobs` failed and have a newer attempt; empty if none has."""
    newer_attempts = session.known_items.newer_attempts()
    if len(jobs) == 1:
        newer = newer_attempts.get(jobs[0].id)
        return f"This failure is {newer_attempt_words(newer)}." if newer is not None else ""
    numbers = ", ".join(newer_attempt_counts(jobs, newer_attempts))
    return f"Failures with a newer attempt: {numbers}." if numbers else ""
