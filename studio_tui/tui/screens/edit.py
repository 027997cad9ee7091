"""The form of a job that has run: changed, compared with what it was, and run."""

import asyncio
from dataclasses import replace

from studio_tui import clock
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.draft import Draft, not_told, untold
from studio_tui.presentation.draft_diff import difference
from studio_tui.service.session import StudioSession
from studio_tui.text import safe_line
from studio_tui.tui.draft_shelf import DraftShelf
from studio_tui.tui.form_check import Checked
from studio_tui.tui.job_actions import title
from studio_tui.tui.messages import GoBack
from studio_tui.tui.repeats import Repeat, names_of
from studio_tui.tui.screens.review import Review
from studio_tui.tui.screens.submit import Start, SubmitScreen

_ANSWERS = (("r", "resume from checkpoints"), ("f", "run afresh"), ("d", "keep as a draft"))


class EditScreen(SubmitScreen):
    """A form that begins with the query in $EDITOR, and shows the changes before it is sent."""

    def __init__(
        self,
        session: StudioSession,
        home: str,
        shelf: DraftShelf,
        repeat: Repeat,
        *,
        url: str,
        read_only: bool,
    ) -> None:
        """Take the job that is to be changed, and what makes it again as it was."""
        self._job = job = repeat.job
        self._submitted = repeat.submitted
        self._before = Draft.of(repeat.wish, clock.now())
        start = Start(self._before, f"edit {job.id}", f"Edit {title(job)}")
        super().__init__(session, home, shelf, start, url=url, read_only=read_only)

    async def begin(self) -> None:
        """Take up what was left, and lend the terminal to the editor for the query."""
        await super().begin()
        self.form.go_to("query")
        await self.edit_field("query")

    async def to_send(self, checked: Checked) -> Checked | None:
        """Show what is different, and ask how to go on from what the job has done."""
        answer = await self.app.push_screen_wait(
            Review("Run the changed job?", await self._lines(checked), _ANSWERS)
        )
        if answer == "d":
            await self.keep()
            self.app.notify("Kept; e on the same job goes on with it", markup=False)
            self.post_message(GoBack())
        if answer == "r":
            return replace(checked, draft=checked.draft.resuming(self._job.id))
        if answer == "f":
            return replace(checked, draft=replace(checked.draft, rerun_from_job_id=""))
        return None

    async def _lines(self, checked: Checked) -> tuple[Cell, ...]:
        after = replace(checked.draft, query=checked.query)
        files = self._submitted.files if self._submitted is not None else ()
        found = await asyncio.to_thread(
            difference,
            self._before,
            after,
            not_told(self._job, after) if self._submitted is None else (),
            untold(self._job) if self._submitted is not None else (),
            files=names_of(files),
        )
        same = () if found.query or found.settings else (Cell("Nothing is changed.", Tone.DIM),)
        gap = (Cell(""),) if found.query else ()
        known = (*found.kept, *self._no_times(after), *found.defaults)
        return (*same, *found.settings, *known, *gap, *found.query)

    def _no_times(self, after: Draft) -> tuple[Cell, ...]:
        """Say that what was a schedule runs once now, and at once."""
        submitted = self._submitted
        if submitted is None or after.cron_expression or after.start_after:
            return ()
        start = submitted.start_after
        was = submitted.cron_expression or (f"{start:%Y-%m-%d %H:%M %Z}" if start else "")
        words = f"It runs once, at once; it was submitted to run {safe_line(was)}"
        return (Cell(words, Tone.WARN),) if was else ()
