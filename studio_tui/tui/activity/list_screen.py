"""The tab with the requests to Studio and their outcomes, and with commands that were not sent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType

from studio_tui import clock
from studio_tui.presentation.activity.copies import as_curl, as_datachain
from studio_tui.presentation.activity.entries import (
    ActivityState,
    Entry,
    subject_of,
)
from studio_tui.presentation.activity.rows import ACTIVITY, COLUMNS, cells, facts, newest_first
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.service.recorder.activity import Actions, Activity
from studio_tui.service.recorder.calls import RecordedCall
from studio_tui.service.recorder.holds import Hold
from studio_tui.tui.frame.commands import Basics, Command, bindings
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.list_page import ListPage, list_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.terminal.clipboard import copy
from studio_tui.tui.widgets.big_table import BigTable

_COMMANDS: tuple[Command["ActivityScreen"], ...] = (
    Command(
        "activity.copy",
        "y",
        "copy",
        "Copy the request as a curl or `datachain` command, without secrets",
        lambda page: page.copy_command(),
        lambda page: page.why_no_copy(),
    ),
    Command(
        "activity.commands",
        "f",
        "commands",
        "Show only requests that change something, or all again",
        lambda page: page.toggle_commands(),
    ),
)
_ONLY_COMMANDS = "kind=command"


class ActivityScreen(ListPage[Entry]):
    """A table of requests and commands, with a preview of the row under the cursor."""

    tab = "activity"
    kind = ACTIVITY
    columns = COLUMNS
    problems = "status=problem"

    LIST = list_commands(
        "activity",
        "",  # no command acts on several entries
        "words, kind=, status=, answer=, took>, age<",
        "Show only what failed, may have failed or was lost, or all again",
        (("A", "age", "start"), ("S", "state", "status"), ("T", "took", "duration")),
        older="entries",
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_COMMANDS), *LIST.bindings]

    def __init__(self, basics: Basics, view: ListView) -> None:
        super().__init__(basics, view)
        self.commands.add_to(self, _COMMANDS)

    # Overrides of Page.

    def row_hints(self) -> Iterable[str]:
        return ("activity.copy", "activity.commands", "activity.problems", "activity.filter")

    def pollers(self) -> tuple[SnapshotPublisher[Any], ...]:
        return (*super().pollers(), self.session.records.activity)

    def source_of_age(self) -> SnapshotPublisher[Any]:
        """Return the jobs, whose age is shown: the entries are recorded here and have none."""
        return self.session.jobs

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        activity = self.session.records.activity
        if is_news and activity.snapshot.value is not None:
            self.list.set_rows(self._with_names(entries(activity.snapshot.value)))
        if message.name == activity.name:
            self.list.show_notice()

    def _with_names(self, entries: list[Entry]) -> list[Entry]:
        known_items = self.session.known_items
        jobs = known_items.jobs({subject_of(entry).job for entry in entries})
        pipelines = {each.pipeline_id: each for each in known_items.pipelines().pipelines}
        result = []
        for entry in entries:
            job_id, pipeline_id = subject_of(entry)
            item = jobs.get(job_id) if job_id else pipelines.get(pipeline_id)
            result.append(replace(entry, name=item.name) if item and item.name else entry)
        return result

    # Keys.

    def why_no_copy(self) -> str | None:
        entry = self.row_at_hand()
        if entry is None:
            return "There is nothing here"
        return None if entry.method else "It was not sent, so there is no request to copy"

    async def copy_command(self) -> None:
        if entry := self.row_at_hand():
            curl = as_curl(entry, self.session.client.url)
            known = self.session.known_items.pipelines()
            pipeline = known.get(subject_of(entry).pipeline)
            name = (pipeline and pipeline.name) or ""
            texts = {"curl": curl, "datachain": as_datachain(entry, name)}
            commands = {program: text for program, text in texts.items() if text}
            choices = [
                (program, f"{program:<10} {_first_line_of(text)}")
                for program, text in commands.items()
            ]
            program = await self.ask(Choose("Copy", choices, "curl"))
            if program is not None:
                await copy(self.app, commands[program], f"the {program} command")

    def toggle_commands(self) -> None:
        self.list.filtering.toggle(_ONLY_COMMANDS)

    @on(BigTable.Opened)
    def _opened(self) -> None:
        self.commands.do("activity.copy")

    # Overrides of ListPage.

    def source(self) -> Activity:
        return self.session.records.activity

    def none_words(self) -> str:
        return "No requests to Studio yet."

    def ask_for_more(self) -> None:
        if self.list.is_complete:
            self.notify_user("There are no older entries")
        else:
            self.session.records.activity.request_more()

    def cells_of(self, key: str) -> tuple[Cell, ...]:
        return cells(self.rows[key])

    def facts_at_hand(self, now: datetime) -> tuple[Fact, ...]:  # noqa: ARG002 (see below)
        entry = self.row_at_hand()
        # Unlike `now`, the clock does not stop while Studio does not answer.
        return facts(entry, clock.now()) if entry else ()


def entries(actions: Actions) -> list[Entry]:
    """Return an entry for each request, and each command that was not sent, newest first."""
    return newest_first([*map(_entry_of_call, actions.calls), *map(_entry_of_hold, actions.unsent)])


def _first_line_of(command: str) -> str:
    """Return the first line of a command that is no comment."""
    lines = (line for line in command.splitlines() if not line.startswith("#"))
    return next(lines).removesuffix(" \\")


def _entry_of_call(call: RecordedCall) -> Entry:
    if call.is_good:
        state = ActivityState.DONE
    elif call.outcome in {"OutcomeUnknown", "canceled"}:
        state = ActivityState.UNKNOWN
    else:
        state = ActivityState.FAILED
    return Entry(
        id=f"{call.at.timestamp():.6f} {call.method} {call.path}",
        state=state,
        method=call.method,
        path=call.path,
        outcome=call.outcome,
        why_failed="" if call.is_good else call.reason,
        made=call.reason if call.is_good else "",
        started_at=call.at,
        last_started_at=call.last_at,
        count=call.count,
        mean_ms=call.ms / call.count,
        longest_ms=call.longest_ms,
        changes=call.changes,
        body=call.body,
    )


def _entry_of_hold(hold: Hold) -> Entry:
    state = ActivityState(hold.state.upper())
    return Entry(
        id=hold.id, state=state, started_at=hold.at, last_started_at=hold.at, words=hold.words
    )
