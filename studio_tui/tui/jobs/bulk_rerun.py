"""Running the marked jobs of a list again: one question for all, and a report on each."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from textual.app import App

from studio_tui.api.models import Job, JobInput
from studio_tui.errors import InvalidRequest, StudioError
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.repeat_notes import FILES, NO_FILES, untold
from studio_tui.presentation.format import plural
from studio_tui.service.commands.create_job import Created, Refused
from studio_tui.service.commands.jobs import repeat_of
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.create import create
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.rerun import known_parts, submitted_of

AT_ONCE = 3
"""Jobs that are asked for at the same time."""


async def repeat_all(
    app: App[Any], session: StudioSession, jobs: Sequence[Job], *, resume: bool
) -> None:
    """Ask once, have the jobs created again, and tell of each what came of it."""
    what = "Resume" if resume else "Run"
    submitted = await submitted_of(jobs, session)
    sure = await app.push_screen_wait(
        Confirm(
            f"{what} {plural(len(jobs), 'marked job')} {'' if resume else 'again '}as they were?",
            tuple(_lines(jobs, submitted)),
            yes=f"{what} them",
            no="Don't",
        )
    )
    if not sure:
        return
    await make_all(
        app, session, [(job, _wish(job, session, submitted.get(job.id), resume)) for job in jobs]
    )


async def make_all(
    app: App[Any],
    session: StudioSession,
    wishes: Sequence[tuple[Job, JobInput | StudioError]],
    files: Sequence[Path] = (),
    *,
    made: Callable[[str], object] = lambda _: None,
    settled: Callable[[], object] = lambda: None,
) -> None:
    """Have jobs created again, and tell of each what came of it, or why it cannot be.

    `made` is told the id of each job as soon as there is another of it; `settled` is called before
    the report.
    """
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(job: Job, wish: JobInput | StudioError) -> Cell:
        if isinstance(wish, StudioError):
            return Cell(f"✗ {title(job)}: {wish}", Tone.BAD)
        async with turns:
            outcome = await create(app, session.creating, wish, files)
        match outcome:
            case Created(new):
                made(job.id)
                return Cell(f"✓ {title(job)}: created as {title(new)}", Tone.GOOD)
            case Refused(refusal):
                return Cell(f"✗ {title(job)}: {refusal}", Tone.BAD)
            case None:
                return Cell(f"? {title(job)}: nobody can tell, and not sent again", Tone.WARN)

    report = await asyncio.gather(*(one(*each) for each in wishes))
    settled()
    count = sum(cell.tone is Tone.GOOD for cell in report)
    await app.push_screen_wait(
        Review(f"{count} of {plural(len(wishes), 'job')} created", report, (("o", "ok"),))
    )


def _lines(jobs: Sequence[Job], submitted: Mapping[str, Submitted]) -> Iterator[str]:
    """Yield what the question names: the jobs, what is known of each, and what of none."""
    for job in jobs:
        known = known_parts(job, submitted[job.id]) if job.id in submitted else {}
        parts = ", ".join(f"{name} {value}" for name, value in known.items())
        yield f"  {title(job)}" + (f": {parts}" if parts else "")
    yield ""
    if submitted:
        yield "What stands beside a job is from what this dashboard submitted."
    unknown = [job for job in jobs if job.id not in submitted]
    if unknown:
        names = dict.fromkeys(name for job in unknown for name in untold(job) if name != FILES)
        whose = f" of {plural(len(unknown), 'job')}" if submitted else ""
        yield f"Server default{whose}: {', '.join(names)}"
        yield NO_FILES.replace(":", f"{whose}:", 1)


def _wish(
    job: Job, session: StudioSession, submitted: Submitted | None, resume: bool
) -> JobInput | StudioError:
    """Return what makes a job again, or why it cannot be made."""
    try:
        wish = repeat_of(job, session.team, submitted)
    except InvalidRequest as error:
        return error
    return wish.model_copy(update={"rerun_from_job_id": job.id}) if resume else wish
