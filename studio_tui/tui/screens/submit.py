"""The form of a job: filled in, checked while it is typed, looked at, and sent."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.timer import Timer
from textual.widgets import Static

from studio_tui import clock
from studio_tui.presentation.draft import LABELS, Draft
from studio_tui.presentation.draft_checks import query_type, request
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.problems import Problem
from studio_tui.presentation.refusals import WHOLE, refusals
from studio_tui.presentation.request_preview import as_curl, as_datachain, as_json
from studio_tui.service.creating import Created, Refused
from studio_tui.service.session import StudioSession
from studio_tui.text import safe_line
from studio_tui.tui.draft_files import path_of
from studio_tui.tui.draft_shelf import NOT_KEPT, DraftShelf
from studio_tui.tui.editor import EditorError, edited
from studio_tui.tui.form_check import Checked, examine
from studio_tui.tui.job_actions import READ_ONLY
from studio_tui.tui.job_making import create, say_created
from studio_tui.tui.messages import GoBack, JobCreated, Refreshed
from studio_tui.tui.screens.ask import Ask
from studio_tui.tui.screens.dialogs import Choose, Confirm
from studio_tui.tui.screens.page import Page
from studio_tui.tui.screens.preview import Preview
from studio_tui.tui.widgets.draft_form import DraftForm

KEEP_AFTER = 1.0
"""Seconds of rest after which what was typed is kept on disk."""

_EMPTY, _LAST, _TEMPLATE = "empty", "last", "template "
_SENT = "sent"
"""The key of the form that was sent last."""


@dataclass(frozen=True)
class Start:
    """What a form begins with."""

    draft: Draft = field(default_factory=Draft)
    key: str = "new"
    """What it is kept under when it is left."""
    crumb: str = "New job"
    """Safe text."""


class SubmitScreen(Page):
    """A form that stays as it is, whatever happens, until Studio has made its job."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "submit", "submit", priority=True, id="form.submit",
                tooltip="Have the job made, with all that is typed"),
        Binding("f6", "preview", "preview", priority=True, id="form.preview",
                tooltip="Show the request as JSON, as curl and as the datachain command"),
        Binding("f4", "edit", "$EDITOR", priority=True, id="form.edit",
                tooltip="Change the field in $EDITOR"),
        Binding("f3", "pick", "begin with", priority=True, id="form.pick",
                tooltip="Begin with a template, with the job sent last, or with nothing"),
        Binding("ctrl+t", "keep_template", "keep", priority=True, id="form.template",
                tooltip="Keep the form as a template"),
        Binding("f7", "values", "values", priority=True, id="form.values",
                tooltip="Show or hide the values of the environment"),
    ]  # fmt: skip

    form = query_one(DraftForm)
    said = query_one("#form-said", Static)

    def __init__(
        self,
        session: StudioSession,
        home: str,
        shelf: DraftShelf,
        start: Start,
        *,
        url: str,
        read_only: bool,
    ) -> None:
        """Take what was kept of forms, what to begin with, and Studio's address for the preview."""
        super().__init__(session, home, read_only=read_only)
        self._shelf = shelf
        self.start = start
        self._url = url
        self._checked: Checked | None = None
        self._refused: tuple[Problem, ...] = ()
        """What Studio said of the form as it was sent."""
        self._was_sent = False
        self._is_sending = False
        self._values_shown = False
        self._keep_due: Timer | None = None

    def body(self) -> ComposeResult:
        """Compose the form, and a line on what concerns all of it."""
        yield DraftForm(self.start.draft)
        yield Static(markup=False, id="form-said")

    def on_mount(self) -> None:
        """Take up what was left, and begin with the first field."""
        self.said.display = False
        self.form.go_to("query_file")
        self._take_up()

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Jobs", self.start.crumb)

    def hints(self) -> Iterable[str]:
        """Return the keys of the form."""
        return ("form.submit", "page.escape", "form.preview", "form.edit", "form.pick",
                "form.template")  # fmt: skip

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Check anew what depends on the clusters."""
        if is_news and message.name == self.session.clusters.name:
            self._check()

    # The keys.

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now."""
        if action == "submit" and self.read_only:
            return READ_ONLY
        return None

    def action_back(self) -> None:
        """Leave the form, as escape does."""
        self.action_escape()

    def action_escape(self) -> None:
        """Leave; what is typed is kept, and that is said where there is anything."""
        self._ask_to_leave()

    @work(name="leave", group="dialog")
    async def _ask_to_leave(self) -> None:
        if self._is_sending:
            sure = await self.app.push_screen_wait(_confirm_stop())
            if not sure:
                return
            self.workers.cancel_group(self, "command")
            self._stopped()
            return
        draft = self.form.draft
        if draft != self.start.draft:
            details = ("What is typed is kept for the next time.", "", NOT_KEPT,
                       "They stay until the dashboard ends.")  # fmt: skip
            question = Confirm(
                "Leave the form?", details, yes="Leave", no="Go on", default_yes=True
            )
            if not await self.app.push_screen_wait(question):
                return
        await self.keep()
        self.post_message(GoBack())

    @work(name="submit", group="command")
    async def action_submit(self) -> None:
        """Check once more, send, and either go to the new job or say why there is none."""
        if self._is_sending:
            return
        if self.read_only:
            self.app.notify(READ_ONLY, severity="warning", markup=False)
            return
        self._was_sent, self._refused = True, ()
        checked = await self._examine()
        if checked.errors:
            self._say(_to_do(checked.errors))
            self.form.go_to(checked.errors[0].field)
            return
        wanted = await self.to_send(checked)
        if wanted is None:
            return
        self._is_sending = True
        try:
            await self._send(wanted)
        finally:
            self._is_sending = False

    @work(name="preview", group="dialog")
    async def action_preview(self) -> None:
        """Show the request, if there is one yet."""
        self._was_sent = True
        checked = await self._examine()
        if checked.errors:
            self._say(f"There is no request yet. {_to_do(checked.errors)}")
            self.form.go_to(checked.errors[0].field)
            return
        draft, wish = checked.draft, request(checked.draft, checked.around)

        def texts(shown: bool) -> tuple[str, ...]:
            return (
                as_json(wish, draft.files, shown=shown),
                as_curl(wish, self._url, draft.files, shown=shown),
                as_datachain(wish, draft.query_file, draft.files, shown=shown),
            )

        await self.app.push_screen_wait(Preview(texts))

    @work(name="edit", group="dialog")
    async def action_edit(self) -> None:
        """Lend the terminal to the user's editor for the field that has the focus."""
        focused = self.form.focused_field()
        if focused is not None:
            await self.edit_field(focused.field)

    @work(name="pick", group="dialog")
    async def action_pick(self) -> None:
        """Offer what a form can begin with."""
        templates = await asyncio.to_thread(self._shelf.templates)
        last = await asyncio.to_thread(self._shelf.draft, _SENT)
        choices = [(_EMPTY, "an empty form")]
        if last is not None:
            choices.append((_LAST, f"the job sent last: {safe_line(last.query_name) or '–'}"))
        choices += [(_TEMPLATE + name, safe_line(name)) for name in templates]
        chosen = await self.app.push_screen_wait(Choose("Begin with", choices, _EMPTY))
        if chosen is None:
            return
        picked = {_EMPTY: Draft(), _LAST: last}.get(chosen)
        self._fill(picked or templates.get(chosen.removeprefix(_TEMPLATE), Draft()))

    @work(name="template", group="dialog")
    async def action_keep_template(self) -> None:
        """Ask for a name, and keep the form under it."""
        name = await self.app.push_screen_wait(
            Ask("Keep the form as a template", (NOT_KEPT,), safe_line(self.form.draft.query_name))
        )
        if name is None:
            return
        kept = await asyncio.to_thread(self._shelf.keep_template, name, self.form.draft)
        if kept:
            self.app.notify(f"Kept as {safe_line(name)}; f3 picks it", markup=False)
        else:
            words = "The disk does not take the template; see the program's log."
            self.app.notify(words, severity="error", markup=False)

    def action_values(self) -> None:
        """Show the values of the environment, or hide them."""
        self._values_shown = not self._values_shown
        self.form.show_values(shown=self._values_shown)

    # Filling, checking and keeping.

    async def to_send(self, checked: Checked) -> Checked | None:
        """Ask what there is to ask; return what is to be sent, `None` for nothing now."""
        return checked

    async def edit_field(self, name: str) -> None:
        """Have a field changed in the user's editor, and say when that cannot be."""
        draft = self.form.draft
        if name == "query" and draft.query_file.strip():
            self._say("The query is a file's; change the file, or empty its path to type one.")
            return
        before = getattr(draft, name)
        if isinstance(before, bool):
            return
        text = before if isinstance(before, str) else "\n".join(before)
        shell = query_type(draft).value == "SHELL"
        suffix = (".sh" if shell else ".py") if name == "query" else ".txt"
        try:
            after = await edited(self.app, text, suffix)
        except EditorError as error:
            self.app.notify(str(error), severity="warning", markup=False)
            return
        if name not in {"query", "environment", "requirements", "files", "uploads"}:
            after = " ".join(after.split())
        elif not text.endswith("\n"):
            after = after.removesuffix("\n")  # which editors add
        if after != text:
            self.form.put(name, after)

    @work(name="take up", group="dialog")
    async def _take_up(self) -> None:
        await self.begin()

    async def begin(self) -> None:
        """Take up what was left of the form."""
        left = await asyncio.to_thread(self._shelf.draft, self.start.key)
        if left is not None and left != self.start.draft:
            self._fill(left)
            self._say("This is the form as it was left; f3 begins with another.")
        else:
            self._check()

    def _fill(self, draft: Draft) -> None:
        self._refused, self._was_sent = (), False
        self.form.fill(draft)
        self._say("")
        self._check()

    @on(DraftForm.Edited)
    def _edited(self) -> None:
        if self._refused:
            # What was said of the form as it was sent holds until the field itself is changed.
            now, then = self.form.draft, self._checked.draft if self._checked else None
            self._refused = tuple(
                each for each in self._refused
                if each.field in LABELS
                and getattr(now, each.field) == getattr(then, each.field, None)
            )  # fmt: skip
        self._check()
        if self._keep_due is not None:
            self._keep_due.stop()
        self._keep_due = self.set_timer(KEEP_AFTER, self._keep_now, name="keep")

    @work(name="check", group="check", exclusive=True)
    async def _check(self) -> None:
        await self._examine()

    async def _examine(self) -> Checked:
        """Find out what there is to say of the form, and say it."""
        clusters = self.session.clusters.snapshot.value
        checked = await asyncio.to_thread(
            examine,
            self.form.draft,
            self.session.team,
            clock.now(),
            clusters.items if clusters is not None else None,
        )
        self._checked = checked
        self.form.show(checked, self._refused, all_fields=self._was_sent)
        return checked

    @work(name="keep", group="keep")
    async def _keep_now(self) -> None:
        await self.keep()

    async def keep(self) -> None:
        """Keep the form as it stands, for whenever it is opened again."""
        draft = self.form.draft
        await asyncio.to_thread(
            self._shelf.keep, self.start.key, draft if draft != self.start.draft else None
        )

    # Sending.

    async def _send(self, checked: Checked) -> None:
        """Upload the files and have the job made; whatever fails, the form stays."""
        await self.keep()
        paths = [path_of(path) for path in checked.draft.files]
        sent: dict[Path, str] = {}

        def uploading(path: Path, done: int, whole: int) -> None:
            share = f"{done * 100 // whole} % of {size(whole)}" if done < whole else "uploaded"
            sent[path] = f"{safe_line(path.name)} {share}"
            self._say(f"Uploading {plural(len(paths), 'file')}: {', '.join(sent.values())}")

        self._say("Sending…")
        wish = request(checked.draft, checked.around)
        outcome = await create(self.app, self.session.creating, wish, paths, uploading=uploading)
        if isinstance(outcome, Created):
            await asyncio.to_thread(self._shelf.keep, _SENT, checked.draft)
            await asyncio.to_thread(self._shelf.keep, self.start.key, None)
            self._is_sending = False
            say_created(self.app, outcome)
            self.app.post_message(JobCreated(outcome.job.id))
        elif isinstance(outcome, Refused):
            self._refuse(refusals(outcome.error, checked.draft))
        else:
            self._say("Not sent again; the form is as it was.")

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        """Say why there is no job, at the fields, with all that was typed still there."""
        self._refused = problems
        whole = [each.sentence for each in problems if each.field == WHOLE]
        fields = [each for each in problems if each.field != WHOLE]
        self._say(" ".join(whole) or f"No job was made. {_to_do(fields)}")
        if self._checked is not None:
            self.form.show(self._checked, problems, all_fields=True)
        if fields:
            self.form.go_to(fields[0].field)

    def _stopped(self) -> None:
        self._is_sending = False
        self._say("Stopped. If the job was asked for already, the list will show it.")

    def _say(self, words: str) -> None:
        self.said.update(words)
        self.said.display = bool(words)


def _to_do(problems: Iterable[Problem]) -> str:
    names = dict.fromkeys(LABELS.get(each.field, each.field) for each in problems)
    return f"To be looked at: {', '.join(names)}."


def _confirm_stop() -> Confirm:
    return Confirm(
        "Stop sending?",
        ("Files that are on their way are given up, and the form stays as it is.",),
        yes="Stop",
        no="Go on",
    )
