"""Something to look at where there is nothing yet: work that a new local Studio is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import App

from studio_tui.api.models import JobInput
from studio_tui.presentation.format import plural
from studio_tui.service.commands.create_job import Created, Refused
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.create import create


@dataclass(frozen=True)
class SampleWork:
    """Jobs to begin with when there are none."""

    jobs: Sequence[tuple[JobInput, Sequence[Path]]]
    """What to create, in this order, each with its files."""
    about: Sequence[str]
    """Lines that say what they are."""
    ask: bool
    """Whether to ask before they are run."""


async def begin_with(app: App[Any], session: StudioSession, work: SampleWork) -> None:
    """Run sample work if there is no job at all and the user wants it. Call it in a worker."""
    if (await session.jobs.first()).jobs:
        return
    question = Confirm(
        "This local Studio has no jobs yet. Run the sample work?",
        (
            "Small scripts that read the text of this machine's Python library,",
            "and write only into folders of their own:",
            "",
            *work.about,
        ),
        yes="Run them",
        no="Not now",
        default_yes=True,
    )
    if work.ask and not await app.push_screen_wait(question):
        return
    for wish, files in work.jobs:
        outcome = await create(app, session.creating, wish, files)
        if isinstance(outcome, Refused):
            app.notify(str(outcome.error), severity="error", markup=False)
        if not isinstance(outcome, Created):
            return
    app.notify(f"Created: {plural(len(work.jobs), 'sample job')}", markup=False)
