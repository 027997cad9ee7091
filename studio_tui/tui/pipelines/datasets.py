"""The dialog of datasets: their versions, and rebuilding outdated ones."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList, Static

from studio_tui import clock
from studio_tui.api.listed_datasets import ListedDataset
from studio_tui.errors import StudioError
from studio_tui.presentation.pipelines.dataset_facts import (
    dataset_lines,
    dataset_rows,
    outdated_upstream,
    rebuilding_words,
)
from studio_tui.presentation.pipelines.datasets import short_name
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.request_notices import error_message, with_notice
from studio_tui.tui.frame.review import OK, Review

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


class DatasetPicker(Choose):
    """Lists datasets; its answer is a dataset's name, with a prefix after `t`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "rebuild", "rebuild", id="datasets.rebuild",
                tooltip="Rebuild outdated datasets; if there are none, this one"),
    ]  # fmt: skip
    KEYS = "enter shows its versions, t rebuilds outdated ones, else this one"

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], current: str, rebuilding: str = ""
    ) -> None:
        """Make a dialog; `rebuilding` says which pipelines rebuild datasets now."""
        super().__init__(title, choices, current)
        self._rebuilding = rebuilding

    def body(self) -> ComposeResult:
        if self._rebuilding:
            yield Static(self._rebuilding, markup=False, id="rebuilding")
        yield from super().body()

    def action_rebuild(self) -> None:
        row = self.query_one(OptionList).highlighted_option
        self.dismiss(f"{_REBUILD_PREFIX}{row.id}" if row is not None else None)


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

    async def request_again() -> Sequence[ListedDataset]:
        nonlocal datasets
        try:
            datasets = await with_notice(app, session, fetch_datasets(session)) or datasets
        except StudioError as error:
            words = f"Datasets as last received: {error_message(error, session)}"
            app.notify(words, severity="warning", markup=False)
        return datasets

    def rebuilding() -> str:
        return rebuilding_words(session.known_items.pipelines().pipelines)

    return await choose(
        app, datasets, request_again, next(names, ""), rebuilding=rebuilding,
        has_lineage=session.client.is_local_studio, can_rebuild=can_rebuild,
    )  # fmt: skip


async def choose(
    app: App[Any],
    datasets: Sequence[ListedDataset],
    request_again: Callable[[], Awaitable[Sequence[ListedDataset]]],
    current: str = "",
    *,
    rebuilding: Callable[[], str],
    has_lineage: bool,
    can_rebuild: bool,
    can_leave: bool = True,
) -> DatasetChoice:
    """Show the list of datasets, and the details of each that the user opens, until a choice.

    The cursor begins at the dataset `current`. After each choice in the list, `request_again`
    returns the present datasets, and `rebuilding` which pipelines rebuild some, in words.
    `has_lineage` means that Studio says which are out of date; `can_leave`, that the user can go to
    a job.
    """
    while True:
        now = clock.now()
        rows = dataset_rows(datasets, now)
        outdated_count = sum(bool(each.newer) for each in datasets)
        time = now.astimezone().strftime("%H:%M:%S")
        heading = f"Datasets: {len(datasets)}, {outdated_count} out of date, at {time}"
        title = heading if has_lineage else "Datasets"
        picked = await app.push_screen_wait(
            DatasetPicker(title, rows, current or rows[0][0], rebuilding())
        )
        if picked is None:
            return None
        datasets = await request_again()
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
        chosen, now = by_name[picked], clock.now()
        choice = await _show_details(
            app, chosen, datasets, now,
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
