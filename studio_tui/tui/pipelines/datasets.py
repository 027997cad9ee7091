"""The dialog of datasets: their versions, and rebuilding outdated ones."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from studio_tui import clock
from studio_tui.api.local_models import ListedDataset
from studio_tui.errors import StudioError
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.pipelines.dataset_rows import (
    COLUMNS,
    DATASETS,
    cells,
    dataset_lines,
    outdated_first,
    outdated_upstream,
)
from studio_tui.presentation.pipelines.datasets import short_name
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import SHRINKS
from studio_tui.tui.frame.request_notices import error_message, with_notice
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.sheets import LIST_DIALOGS
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.filter_bar import FilterBar

NO_DATASETS = "No dataset is known yet: jobs create them"


@dataclass(frozen=True)
class Rebuild:
    """The user wants to rebuild datasets."""

    names: tuple[str, ...]
    only: bool
    """Whether their sources are left as they are."""


DatasetChoice = Rebuild | str | None
"""What to rebuild, or the id of the job to show."""


class DatasetPicker(Dialog[Rebuild | str | None]):
    """A list of datasets; its answer is the name of one, or what to rebuild."""

    CSS_PATH = LIST_DIALOGS
    AUTO_FOCUS = "BigTable"
    help_key = "?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "rebuild", "rebuild", id="datasets.rebuild", tooltip="Rebuild this dataset"),
        Binding("T", "rebuild_outdated", "rebuild outdated", id="datasets.rebuild_outdated",
                tooltip="Rebuild the outdated datasets shown"),
        Binding("slash", "filter", "filter", id="datasets.filter"),
        Binding("question_mark", "app.help", "help", id="datasets.help"),
        Binding("escape", "leave", "close", id="datasets.leave"),
        Binding("q", "dismiss(None)", "close", id="datasets.close"),
    ]  # fmt: skip

    def __init__(
        self,
        datasets: DatasetList,
        current: str,
        filter_text: str = "",
        *,
        can_rebuild: bool = True,
    ) -> None:
        """Make a dialog with the cursor on the dataset `current`."""
        super().__init__("Datasets")
        self._datasets = datasets
        self._can_rebuild = can_rebuild
        self._rows: Listing[ListedDataset] = Listing(DATASETS)
        self._terms: Terms[ListedDataset] = Terms(filter_text, DATASETS)
        self._table = BigTable(COLUMNS, self._cells_of, id="datasets-table")
        self._table.add_class(SHRINKS)
        self._table.begin_at(current)

    def body(self) -> ComposeResult:
        yield Static(markup=False, id="rebuilding")
        yield FilterBar(DATASETS, self.filter_text, self._values)
        yield self._table
        yield Static(markup=False, classes="keys")

    def on_mount(self) -> None:
        self._rows.replace(outdated_first(self._datasets.listed))
        self._show_rows()
        self._show_present()
        self.set_interval(1.0, self._show_present)

    @property
    def filter_text(self) -> str:
        return self._terms.text

    def _cells_of(self, key: str) -> tuple[Cell, ...]:
        return cells(self._rows[key], self._datasets.moment())

    def _values(self, field: str) -> Iterable[str]:
        value_of = DATASETS.fields.get(field)
        return dict.fromkeys(map(value_of, self._rows.values())) if value_of is not None else ()

    def _show_present(self) -> None:
        """Show the ages of the datasets now, and what is being rebuilt."""
        rebuilding = self._datasets.rebuilding()
        line = self.query_one("#rebuilding", Static)
        line.update(rebuilding)
        line.display = bool(rebuilding)
        self._table.show_again()

    def _show_rows(self) -> None:
        passing = self._rows.ids(self._terms, AS_SENT, self._datasets.moment())
        self._table.notice = f"No dataset matches {self._terms.text}" if not passing else ""
        self._table.show(passing)
        amount = f"{len(passing)} of {len(self._rows)}" if self._terms else str(len(passing))
        outdated = f", {len(self._outdated())} out of date" if self._datasets.has_lineage else ""
        self.query_one(".question", Static).update(f"Datasets: {amount}{outdated}")
        self._show_keys()

    def _outdated(self) -> tuple[str, ...]:
        """Return the short names of the outdated datasets among the rows."""
        shown = map(self._rows.__getitem__, self._table.keys)
        return tuple(short_name(each.name) for each in shown if each.newer)

    @on(BigTable.Highlighted)
    @on(events.DescendantFocus)
    def _show_keys(self) -> None:
        here = self._rows.get(self._table.cursor)
        words = "esc removes the filter" if self._terms else "/ filters"
        if self.query_one(FilterBar).has_focus_within:
            words = "enter goes to the rows, esc cancels"
        elif here is not None:
            if self._can_rebuild:
                outdated = self._outdated()
                others = f", T the {len(outdated)} out of date" if outdated else ""
                alone = " alone" if here.newer else ""
                words = f"t rebuilds it{alone}{others}, {words}"
            words = f"enter shows versions, {words}"
        self.query_one(".keys", Static).update(words)

    def action_rebuild(self) -> None:
        if (here := self._rows.get(self._table.cursor)) is not None:
            self._rebuild((short_name(here.name),), only=bool(here.newer))

    def action_rebuild_outdated(self) -> None:
        if names := self._outdated():
            self._rebuild(names, only=True)
        else:
            self.app.notify("No dataset shown is out of date", severity="warning", markup=False)

    def _rebuild(self, names: tuple[str, ...], *, only: bool) -> None:
        if self._can_rebuild:
            self.dismiss(Rebuild(names, only))
        else:
            words = "Datasets cannot be rebuilt from here"
            self.app.notify(words, severity="warning", markup=False)

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


async def browse(
    app: App[Any], session: StudioSession, job_ids: Collection[str], *, can_rebuild: bool
) -> DatasetChoice:
    """Show the datasets, the cursor on the first that `job_ids` created; return the choice.

    It is also `None` if there is nothing to show; the user is then notified.
    """
    datasets = DatasetList(session)
    try:
        await with_notice(app, session, datasets.load())
    except StudioError as error:
        app.notify(f"Datasets: {error_message(error, session)}", severity="error", markup=False)
        return None
    if not datasets.listed:
        app.notify(NO_DATASETS, markup=False)
        return None
    names = (
        each.name
        for each in datasets.listed
        if any(version.job_id in job_ids for version in each.versions)
    )
    return await choose(app, session, datasets, next(names, ""), can_rebuild=can_rebuild)


async def choose(
    app: App[Any],
    session: StudioSession,
    datasets: DatasetList,
    current: str = "",
    *,
    can_rebuild: bool,
    can_leave: bool = True,
) -> DatasetChoice:
    """Show the list of datasets, and the details of each that the user opens, until a choice.

    The cursor begins at the dataset `current`. When a dataset is opened, all are requested again.
    The filter stays. `can_leave` means that the user can go to a job.
    """
    filter_text = ""
    while True:
        picker = DatasetPicker(datasets, current, filter_text, can_rebuild=can_rebuild)
        picked = await app.push_screen_wait(picker)
        filter_text = picker.filter_text
        if picked is None or isinstance(picked, Rebuild):
            return picked
        try:
            await with_notice(app, session, datasets.load())
        except StudioError as error:
            words = f"Datasets as last received: {error_message(error, session)}"
            app.notify(words, severity="warning", markup=False)
        dataset = next((each for each in datasets.listed if each.name == picked), None)
        current = dataset.name if dataset is not None else ""
        if dataset is None:
            continue
        choice = await _show_details(
            app, dataset, datasets, can_rebuild=can_rebuild, can_leave=can_leave
        )
        if choice is not None:
            return choice


async def _show_details(
    app: App[Any],
    dataset: ListedDataset,
    datasets: DatasetList,
    *,
    can_rebuild: bool,
    can_leave: bool,
) -> DatasetChoice:
    maker = next((each.job_id for each in dataset.versions if each.job_id is not None), None)
    answers = [OK]
    if can_rebuild:
        answers.append(("t", "rebuild it"))
    if maker is not None and can_leave:
        answers.append(("g", "go to its job"))
    others, has_lineage = datasets.listed, datasets.has_lineage
    lines = dataset_lines(dataset, others, clock.now(), has_lineage=has_lineage)
    answer = await app.push_screen_wait(Review(short_name(dataset.name), lines, answers))
    if answer == "t":
        names = outdated_upstream(dataset, others)
        return Rebuild(tuple(map(short_name, names)), only=bool(dataset.newer))
    return maker if answer == "g" else None
