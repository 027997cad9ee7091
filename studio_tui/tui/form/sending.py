"""Sending a job's form: its files first, then the request; whatever fails, the form stays."""

from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work

from studio_tui.errors import TransportError
from studio_tui.presentation.form.checks import request
from studio_tui.presentation.form.draft import LABELS, Draft
from studio_tui.presentation.form.server_errors import WHOLE, refusals
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.jobs.problems import Problem
from studio_tui.service.commands.create_job import Created, Refused
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.session import StudioSession
from studio_tui.text import safe_line
from studio_tui.tui.form.draft_files import path_of
from studio_tui.tui.form.draft_form import DraftForm
from studio_tui.tui.form.validation import Checked, Follow
from studio_tui.tui.frame.commands import READ_ONLY
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.create import create, say_created
from studio_tui.tui.messages import JobCreated

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[None]
else:
    Base = object


class FormSending(Base):
    """Mixin of a screen with a form."""

    session: StudioSession
    read_only: bool
    form: DraftForm
    refused: tuple[Problem, ...] = ()
    """What Studio said of the form as it was sent."""
    was_sent = False
    """Whether sending was tried, so that fields nobody has touched are judged too."""
    is_sending = False
    _was_not_sent = _is_silent = False
    """Whether the form could not be sent, and Studio has not answered since."""

    # What the screen does.

    @abstractmethod
    async def examine(self) -> Checked:
        """Find out what there is to say of the form, and say it."""

    @abstractmethod
    async def keep(self) -> None:
        """Keep the form as it stands."""

    @abstractmethod
    async def done(self, sent: Draft, typed: Draft) -> None:
        """Keep the form as it was sent, and begin no more with what was typed until then."""

    @abstractmethod
    def note(self, words: str, follow: Follow | None = None) -> None:
        """Say what concerns the whole form; `follow` tells what is true of it later."""

    async def to_send(self, checked: Checked) -> Checked | None:
        """Ask what there is to ask; return what is to be sent, `None` for nothing now."""
        return checked

    # The keys.

    @work(name="submit", group="command")
    async def action_submit(self) -> None:
        """Check once more, send, and either go to the new job or say why there is none."""
        if self.is_sending:
            return
        if self.read_only:
            self.app.notify(READ_ONLY, severity="warning", markup=False)
            return
        self.refused, self._was_not_sent = (), False
        checked = await self.sendable("")
        if checked is None or (wanted := await self.to_send(checked)) is None:
            return
        self.is_sending = True
        try:
            await self._send(wanted, checked.draft)
        finally:
            self.is_sending = False

    async def sendable(self, said_first: str) -> Checked | None:
        """Return the form if it can be sent; else say `said_first`, and go to what is wrong."""
        self.was_sent = True
        checked = await self.examine()
        if not checked.errors:
            return checked
        self._say_to_do(said_first, checked.errors)
        self.form.go_to(checked.errors[0].field)
        return None

    async def ask_to_stop(self) -> bool:
        """Ask whether sending is to be given up; return whether it was."""
        sure = await self.app.push_screen_wait(
            Confirm(
                "Stop sending?",
                ("Files that are on their way are given up, and the form stays as it is.",),
                yes="Stop",
                no="Go on",
            )
        )
        if sure:
            self.workers.cancel_group(self, "command")
            self.is_sending = False
            self.note("Stopped. If the job was asked for already, the list will show it.")
        return bool(sure)

    async def _send(self, checked: Checked, typed: Draft) -> None:
        """Upload the files and have the job made."""
        await self.keep()
        paths = [path_of(path) for path in checked.draft.files]
        sent: dict[Path, str] = {}

        def uploading(path: Path, done: int, whole: int) -> None:
            share = f"{done * 100 // whole} % of {size(whole)}" if done < whole else "uploaded"
            sent[path] = f"{safe_line(path.name)} {share}"
            self.note(f"Uploading {plural(len(paths), 'file')}: {', '.join(sent.values())}")

        self.note("Sending…")
        wish = request(checked.draft, checked.around)
        outcome = await create(self.app, self.session.creating, wish, paths, uploading=uploading)
        if isinstance(outcome, Created):
            await self.done(checked.draft, typed)
            self.is_sending = False
            say_created(self.app, outcome)
            self.app.post_message(JobCreated(outcome.job.id))
        elif isinstance(outcome, Refused):
            await self._refuse(refusals(outcome.error, checked.draft))
            if isinstance(outcome.error, TransportError):
                self._was_not_sent = True
        else:
            self.note("Not sent again; the form is as it was.")

    async def _refuse(self, problems: tuple[Problem, ...]) -> None:
        """Say why there is no job, at the fields, with all that was typed still there.

        Nothing is waited for after it is said: from then on the form can be sent again.
        """
        self.refused = problems
        await self.examine()
        whole = [each.sentence for each in problems if each.field == WHOLE]
        fields = [each for each in problems if each.field != WHOLE]
        if whole:
            self.note(" ".join(whole))
        else:
            self._say_to_do("No job was made.", fields)
        if fields:
            self.form.go_to(fields[0].field)

    def hear_studio(self, jobs: Snapshot[Any]) -> None:
        """Say no longer that Studio cannot be reached when it has answered."""
        was_silent, self._is_silent = self._is_silent, isinstance(jobs.error, TransportError)
        # What kept the form from being sent may be this machine's disk too.
        if self._was_not_sent and was_silent and jobs.error is None:
            self._was_not_sent = False
            self.note("Studio answers again. No job was made yet; f9 sends the form.")

    def _say_to_do(self, first: str, problems: Iterable[Problem]) -> None:
        """Say what is to be looked at in the form, as long as there is something."""

        def follow(checked: Checked) -> str:
            refused = [each for each in self.refused if each.field != WHOLE]
            left = [*refused, *checked.errors]
            return f"{first} {_to_do(left)}".strip() if left else ""

        self.note(f"{first} {_to_do(problems)}".strip(), follow)


def _to_do(problems: Iterable[Problem]) -> str:
    names = dict.fromkeys(LABELS.get(each.field, each.field) for each in problems)
    return f"To be looked at: {', '.join(names)}."
