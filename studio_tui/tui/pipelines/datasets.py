"""The dialog of datasets: their versions, and rebuilding outdated ones."""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from studio_tui import clock
from studio_tui.api.listed_datasets import ListedDataset
from studio_tui.api.models import Job
from studio_tui.errors import StudioError
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.pipelines.dataset_facts import (
    dataset_lines,
    outdated_upstream,
    rebuilding_words,
)
from studio_tui.presentation.pipelines.dataset_rows import (
    COLUMNS,
    DATASETS,
    cells,
    outdated_first,
)
from studio_tui.presentation.pipelines.datasets import short_name
from studio_tui.service.polling.ended_jobs import request_on_ends
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import SHRINKS
from studio_tui.tui.frame.request_notices import error_message, with_notice
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.sheets import LIST_DIALOGS
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.filter_bar import FilterBar
from studio_tui.tui.widgets.workers import start_worker

logger = logging.getLogger(__name__)

NO_DATASETS = "No dataset is known yet: jobs create them"
_REBUILD_PREFIX = "rebuild "


@dataclass(frozen=True)
class Rebuild:
    """The user wants to rebuild datasets."""

    names: tuple[str, ...]
    only: bool
    """Whether their sources are left as they are."""


@dataclass(frozen=True)
class GoToJob:
    """The user wants to see a job."""

    job_id: str


DatasetChoice = Rebuild | GoToJob | None


class DatasetPicker(Dialog[str | None]):
    """A list of datasets; its answer is a name, after `_REBUILD_PREFIX` if `t` was pressed."""

    CSS_PATH = LIST_DIALOGS
    AUTO_FOCUS = "BigTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "rebuild", "rebuild", id="datasets.rebuild",
                tooltip="Rebuild outdated datasets; if there are none, this one"),
        Binding("slash", "filter", "filter", id="datasets.filter"),
        Binding("escape", "leave", "close", id="datasets.leave"),
        Binding("q", "dismiss(None)", "close", id="datasets.close"),
    ]  # fmt: skip
    KEYS = "enter shows versions, t rebuilds outdated ones, else this, / filters"

    def __init__(
        self,
        listed: Callable[[], Sequence[ListedDataset]],
        current: str,
        rebuilding: Callable[[], str],
        *,
        has_lineage: bool,
        moment: Callable[[], datetime] = clock.now,
    ) -> None:
        """Make a dialog of the datasets that are `listed` now, the cursor on `current`.

        `rebuilding` returns which pipelines rebuild datasets now; `moment` returns the time for
        which ages are shown.
        """
        super().__init__("Datasets")
        self._listed = listed
        self._rebuilding = rebuilding
        self._has_lineage = has_lineage
        self._moment = moment
        self._shown: Sequence[ListedDataset] = ()
        self._rows: Listing[ListedDataset] = Listing(DATASETS)
        self._terms: Terms[ListedDataset] = Terms("", DATASETS)
        self._table = BigTable(COLUMNS, self._cells_of, id="datasets-table")
        self._table.add_class(SHRINKS)
        self._table.begin_at(current)

    def body(self) -> ComposeResult:
        yield Static(markup=False, id="rebuilding")
        yield FilterBar(DATASETS, "", self._values)
        yield self._table
        yield Static(self.KEYS, markup=False, classes="keys")

    def on_mount(self) -> None:
        self._show_present()
        self.set_interval(1.0, self._show_present)

    def _cells_of(self, key: str) -> tuple[Cell, ...]:
        return cells(self._rows[key], self._moment())

    def _values(self, field: str) -> Iterable[str]:
        value_of = DATASETS.fields.get(field)
        return dict.fromkeys(map(value_of, self._rows.values())) if value_of is not None else ()

    def _show_present(self) -> None:
        """Show the datasets that are listed now, their ages, and what is being rebuilt."""
        listed, rebuilding = self._listed(), self._rebuilding()
        line = self.query_one("#rebuilding", Static)
        line.update(rebuilding)
        line.display = bool(rebuilding)
        if listed is self._shown:
            self._table.show_again()
            return
        self._shown = listed
        outdated = f", {sum(bool(each.newer) for each in listed)} out of date"
        heading = f"Datasets: {len(listed)}{outdated if self._has_lineage else ''}"
        self.query_one(".question", Static).update(heading)
        self._rows.replace(outdated_first(listed))
        self._show_rows()

    def _show_rows(self) -> None:
        passing = self._rows.ids(self._terms, AS_SENT, self._moment())
        self._table.notice = f"No dataset matches {self._terms.text}" if not passing else ""
        self._table.show(passing)

    def action_rebuild(self) -> None:
        if self._table.cursor is not None:
            self.dismiss(f"{_REBUILD_PREFIX}{self._table.cursor}")

    def action_filter(self) -> None:
        self.query_one(FilterBar).edit()

    def action_leave(self) -> None:
        """Clear the filter, else close the dialog."""
        if self._terms:
            self.query_one(FilterBar).set_text("")
        else:
            self.dismiss(None)

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self._terms = message.terms
        self._show_rows()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self._table.focus()

    @on(BigTable.Opened)
    def _opened(self, message: BigTable.Opened) -> None:
        self.dismiss(message.key)


async def fetch_datasets(session: StudioSession) -> tuple[ListedDataset, ...]:
    """Return the datasets: of a local Studio all, of another Studio those that listed jobs created.

    Raises:
        StudioError: the request failed.
    """
    if session.client.is_local_studio:
        return await session.client.local.datasets()
    listed = session.jobs.snapshot.value
    jobs = listed.jobs if listed is not None else ()
    await session.datasets.request_versions(jobs)
    return session.datasets.made_by_jobs({job.id: job for job in jobs})


async def browse(
    app: App[Any], session: StudioSession, job_ids: Collection[str], *, can_rebuild: bool
) -> DatasetChoice:
    """Show the datasets, the cursor on the first that `job_ids` created; return the choice.

    It is also `None` if there is nothing to show; the user is then notified.
    """
    try:
        datasets = await with_notice(app, session, fetch_datasets(session))
    except StudioError as error:
        app.notify(f"Datasets: {error_message(error, session)}", severity="error", markup=False)
        return None
    if not datasets:
        app.notify(NO_DATASETS, markup=False)
        return None
    names = (
        each.name
        for each in datasets
        if any(version.job_id in job_ids for version in each.versions)
    )

    async def request_again() -> None:
        nonlocal datasets
        try:
            datasets = await with_notice(app, session, fetch_datasets(session)) or datasets
        except StudioError as error:
            words = f"Datasets as last received: {error_message(error, session)}"
            app.notify(words, severity="warning", markup=False)

    async def refresh(_jobs: Sequence[Job]) -> bool:
        nonlocal datasets
        try:
            datasets = await fetch_datasets(session) or datasets
        except StudioError as error:
            logger.info("datasets are not known: %s", error)
            return False
        return True

    def rebuilding() -> str:
        return rebuilding_words(session.known_items.pipelines().pipelines)

    following = start_worker(
        app, partial(request_on_ends, session.jobs, refresh), name="follow", group="follow datasets"
    )
    try:
        return await choose(
            app, lambda: datasets, request_again, next(names, ""), rebuilding=rebuilding,
            has_lineage=session.client.is_local_studio, can_rebuild=can_rebuild,
            moment=lambda: session.jobs.snapshot.moment(clock.now()),
        )  # fmt: skip
    finally:
        following.cancel()


async def choose(
    app: App[Any],
    listed: Callable[[], Sequence[ListedDataset]],
    request_again: Callable[[], Awaitable[None]],
    current: str = "",
    *,
    rebuilding: Callable[[], str],
    has_lineage: bool,
    can_rebuild: bool,
    can_leave: bool = True,
    moment: Callable[[], datetime] = clock.now,
) -> DatasetChoice:
    """Show the list of datasets, and the details of each that the user opens, until a choice.

    `listed` returns the datasets, and `rebuilding` which pipelines rebuild some, in words. The
    cursor begins at the dataset `current`. After each choice in the list, `request_again` is
    called. `has_lineage` means that Studio says which are out of date; `can_leave`, that the user
    can go to a job. `moment` returns the time for which ages are shown in the list.
    """
    while True:
        picked = await app.push_screen_wait(
            DatasetPicker(listed, current, rebuilding, has_lineage=has_lineage, moment=moment)
        )
        if picked is None:
            return None
        await request_again()
        datasets = listed()
        by_name = {each.name: each for each in datasets}
        if picked.startswith(_REBUILD_PREFIX):
            if can_rebuild:
                outdated = tuple(each.name for each in datasets if each.newer)
                return rebuild_request(outdated, picked.removeprefix(_REBUILD_PREFIX))
            app.notify("Datasets cannot be rebuilt from here", severity="warning", markup=False)
            continue
        current = picked if picked in by_name else ""
        if not current:
            continue
        choice = await _show_details(
            app, by_name[picked], datasets, clock.now(),
            has_lineage=has_lineage, can_rebuild=can_rebuild, can_leave=can_leave,
        )  # fmt: skip
        if choice is not None:
            return choice


def rebuild_request(outdated: Sequence[str], name: str) -> Rebuild:
    """Return a request to rebuild the outdated datasets only; else `name` with its sources."""
    if outdated:
        return Rebuild(tuple(map(short_name, outdated)), only=True)
    return Rebuild((short_name(name),), only=False)


async def _show_details(
    app: App[Any],
    dataset: ListedDataset,
    others: Sequence[ListedDataset],
    now: datetime,
    *,
    has_lineage: bool,
    can_rebuild: bool,
    can_leave: bool,
) -> DatasetChoice:
    maker = next((each.job_id for each in dataset.versions if each.job_id is not None), None)
    answers = [OK]
    if can_rebuild:
        answers.append(("t", "rebuild it"))
    if maker is not None and can_leave:
        answers.append(("g", "go to its job"))
    lines = dataset_lines(dataset, others, now, has_lineage=has_lineage)
    answer = await app.push_screen_wait(Review(short_name(dataset.name), lines, answers))
    if answer == "t":
        names = outdated_upstream(dataset, others)
        return Rebuild(tuple(map(short_name, names)), only=bool(dataset.newer))
    if answer == "g" and maker is not None:
        return GoToJob(maker)
    return None
