"""The screens of one connection: created on demand; the tabs are kept.

This is the only module that imports every screen. It is imported after the first paint.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.service.polling.endings import Endings
from studio_tui.tui.clusters.cluster_choice import ClusterChoice
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.last_screen import LastScreen
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.list_view import load_view, view_text
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.messages import OpenLog
from studio_tui.tui.pipelines.kept_drafts import KeptDrafts
from studio_tui.tui.widgets.workers import start_worker

if TYPE_CHECKING:
    from studio_tui.tui.form.saved_forms import SavedForms
    from studio_tui.tui.pipelines.graph.memory import DagMemory
    from studio_tui.tui.pipelines.schedule_dialog import ScheduleDraft


class Screens:
    """Creates the screens of a connection."""

    def __init__(self, connected: Connected) -> None:
        self._connected = connected
        self._tabs: dict[str, Page] = {}
        self._view_files = {
            "jobs": connected.view_file,
            "pipelines": connected.view_file.with_suffix(".pipelines.json"),
            "clusters": connected.view_file.with_suffix(".clusters.json"),
            "schedules": connected.view_file.with_suffix(".schedules.json"),
            "activity": connected.view_file.with_suffix(".activity.json"),
        }
        self._log_file = connected.view_file.with_suffix(".logs.json")
        self._logs = LogMemory.load(self._log_file)
        self._dag_file = connected.view_file.with_suffix(".dags.json")
        self.cluster = ClusterChoice(connected.view_file.with_suffix(".cluster.json"))
        """The cluster for new jobs."""
        self._last_file = connected.view_file.with_suffix(".screen.json")
        self.last = LastScreen.load(self._last_file)
        """The screen that was open when the dashboard ended."""
        self._filters_before: dict[str, str] = {}
        """Filters of lists before `filter` changed them, by name of the tab."""
        self._schedule_drafts: KeptDrafts[ScheduleDraft] = KeptDrafts()
        """Unfinished forms of schedules that trigger pipelines, by the proposed datasets."""

    @cached_property
    def _dags(self) -> "DagMemory":
        """The places in pipelines, read before the first one is opened."""
        from studio_tui.tui.pipelines.graph.memory import DagMemory  # noqa: PLC0415 (likewise)

        return DagMemory.load(self._dag_file)

    @cached_property
    def _saved_forms(self) -> "SavedForms":
        """Drafts and templates, which are read with the first form."""
        from studio_tui.tui.form.saved_forms import SavedForms  # noqa: PLC0415 (likewise)

        return SavedForms(self._connected.view_file.with_suffix(".forms.json"))

    @property
    def tabs(self) -> Mapping[str, Page]:
        """The tabs created so far, by name."""
        return self._tabs

    def tab(self, name: str) -> Page:
        """Return a tab, the same object each time."""
        if name not in self._tabs:
            self._tabs[name] = self._make_tab(name)
        return self._tabs[name]

    def job(self, job_id: str, among: Sequence[str]) -> Page | None:
        """Return a new page of a job; `None` if the job is unknown."""
        job = self._known_job(job_id)
        if job is None:
            return None
        return self._job_page(job, among)

    def _job_page(self, job: Job, among: Sequence[str]) -> Page:
        self._endings.watch((job,))
        from studio_tui.tui.jobs.detail_screen import JobScreen  # noqa: PLC0415 (not before the list)

        return JobScreen(self._basics, job, among)

    def log(self, wanted: OpenLog) -> Page | None:
        """Return a new page of a job's log; `None` if the job is neither known nor given.

        Raises:
            SpoolError: there is no room for the log on the local disk.
        """
        job = self._known_job(wanted.job_id) or wanted.job
        if job is None:
            return None
        self._endings.watch((job,))
        from studio_tui.tui.logs.log_screen import LogScreen  # noqa: PLC0415 (not before the list)

        return LogScreen(self._basics, job, self._logs, wanted.start)

    def form(self, draft: Draft | None, about: str, at: str) -> Page:
        """Return a new form for a job, with the input saved under the same `about`, if any.

        Otherwise it starts with `draft`. `at` is the field with the initial focus.
        """
        from studio_tui.tui.form.submit_screen import SubmitScreen  # noqa: PLC0415 (likewise)
        from studio_tui.tui.form.templates import Start  # noqa: PLC0415 (not before the list)

        fresh = Draft(compute_cluster_name=self.cluster.name or "")
        start = Start(fresh, at=at)
        if draft is not None:
            start = Start(draft, key=f"about {about}", at=at)
        return SubmitScreen(self._basics, self._saved_forms, start)

    async def edit(self, job_ids: Sequence[str], made: Callable[[str], object]) -> Page | None:
        """Return a new form for editing jobs; `None` if none of them is known.

        For several jobs, `made` is called with the id of each after its copy was created.

        Raises:
            InvalidRequest: a job has too little data for a rerun.
        """
        jobs = [job for job_id in job_ids if (job := self._known_job(job_id)) is not None]
        if not jobs:
            return None
        from studio_tui.tui.form.bulk_edit_screen import EditMarkedScreen  # noqa: PLC0415 (likewise)
        from studio_tui.tui.form.edit_screen import EditScreen  # noqa: PLC0415 (likewise)
        from studio_tui.tui.jobs.rerun import Repeat  # noqa: PLC0415 (likewise)

        repeats = await Repeat.of_all(jobs, self._connected.session)
        if len(repeats) == 1:
            return EditScreen(self._basics, self._saved_forms, repeats[0])
        page = EditMarkedScreen(self._basics, self._saved_forms, repeats)
        page.made = made
        return page

    def await_row(self, name: str, key: str) -> None:
        """Move the cursor of a list to a row as soon as it is listed."""
        page = self.tab(name)
        if isinstance(page, ListPage):
            page.list.await_row(key)

    def merge(self, job_ids: Sequence[str], jobs: Sequence[Job] = ()) -> None:
        """Show these jobs on the page of merged logs, as far as they are known or given.

        Raises:
            SpoolError: there is no room for the logs on the local disk.
        """
        from studio_tui.tui.logs.merged_screen import MergedScreen  # noqa: PLC0415 (likewise)

        page = self.tab("logs")
        if isinstance(page, MergedScreen):
            jobs_by_id = {job.id: job for job in jobs} | self._connected.session.known_items.jobs(
                job_ids
            )
            wanted = [jobs_by_id[job_id] for job_id in job_ids if job_id in jobs_by_id]
            self._endings.watch(wanted)
            page.follow(wanted)

    def pipeline(self, pipeline_id: str, run_id: str | None) -> Page:
        """Return a new page of a pipeline, with the cursor on the job of a run, or where it was."""
        from studio_tui.tui.pipelines.graph.screen import PipelineScreen  # noqa: PLC0415 (likewise)

        listed = self._connected.session.pipelines.snapshot.value
        if listed is not None and (pipeline := listed.get(pipeline_id)) is not None:
            self._endings.watch_pipelines((pipeline,))
        return PipelineScreen(self._basics, pipeline_id, self._dags, run_id=run_id)

    def show_datasets(
        self, app: App[Any], job_ids: Sequence[str], show_tab: Callable[[str], None]
    ) -> None:
        """Show the datasets, with the cursor on one of the given jobs; follow the user's choice."""
        showing = partial(self._datasets, app, job_ids, show_tab)
        start_worker(app, showing, name="datasets", group="datasets", exclusive=True)

    async def _datasets(
        self, app: App[Any], job_ids: Sequence[str], show_tab: Callable[[str], None]
    ) -> None:
        from studio_tui.tui.pipelines.datasets import GoToJob, Rebuild, browse  # noqa: PLC0415 (likewise)

        session, read_only = self._connected.session, self._connected.read_only
        choice = await browse(app, session, job_ids, can_rebuild=not read_only)
        if isinstance(choice, Rebuild):
            from studio_tui.tui.pipelines.list_screen import PipelinesScreen  # noqa: PLC0415 (likewise)

            show_tab("pipelines")
            if isinstance(page := self.tab("pipelines"), PipelinesScreen):
                page.rebuilding.rebuild(choice.names, only=choice.only)
        elif isinstance(choice, GoToJob):
            if found := await session.known_items.find_jobs((choice.job_id,)):
                app.push_screen(self._job_page(found[0], ()))
            else:
                app.notify("Studio does not return that job now", severity="warning")

    def filter(self, name: str, terms: str) -> None:
        """Filter a list."""
        page = self.tab(name)
        if isinstance(page, ListPage):
            if not page.is_current:
                self._filters_before[name] = page.view.filter
            if page.list.is_alive:
                page.list.filtering.replace(terms)
            else:
                page.list.filtering.begin_with(Terms(terms, page.kind))

    def came_back(self) -> None:
        """Restore the filters of lists that the user has left with `back`."""
        for name, before in [*self._filters_before.items()]:
            page = self._tabs.get(name)
            if isinstance(page, ListPage) and not page.is_current:
                del self._filters_before[name]
                page.list.filtering.show_only(before)

    def plan(self, app: App[Any], datasets: str) -> None:
        """Show the form for a schedule that triggers a pipeline, then move to the new schedule.

        It starts with the unfinished draft for these datasets, else with `datasets`.
        """
        start_worker(app, partial(self._plan, app, datasets), name="plan", group="command")

    async def _plan(self, app: App[Any], datasets: str) -> None:
        from studio_tui.tui.pipelines.schedule_dialog import (  # noqa: PLC0415 (not before it is used)
            ScheduleDialog,
            ScheduleDraft,
        )

        fresh = ScheduleDraft(datasets, is_proposed=True)
        beginning = self._schedule_drafts.begin(datasets, fresh)
        form = ScheduleDialog(self._connected.session, beginning, zone=clock.zone())
        if (made := await app.push_screen_wait(form)) is not None:
            self.await_row("schedules", made.id)

    def note_screen(self, stack: Sequence[Screen[Any]]) -> None:
        """Note the current screen for the next run."""
        self.last = LastScreen.of(stack)

    def to_keep(self) -> dict[Path, str]:
        """Return the files to save for the next run, and their content."""
        pages = {file: self._tabs.get(name) for name, file in self._view_files.items()}
        memories = [(self._last_file, self.last), (self._log_file, self._logs)]
        if "_dags" in self.__dict__:  # else nothing has changed
            memories.append((self._dag_file, self._dags))
        return {
            file: view_text(page.remembered())
            for file, page in pages.items()
            if isinstance(page, ListPage)
        } | {file: memory.model_dump_json() for file, memory in memories}

    def _make_tab(self, name: str) -> Page:
        if name == "clusters":
            from studio_tui.tui.clusters.list_screen import ClustersScreen  # noqa: PLC0415 (likewise)

            view = load_view(self._view_files[name], ClustersScreen.kind)
            return ClustersScreen(self._basics, view, self.cluster)
        if name == "pipelines":
            from studio_tui.tui.pipelines.list_screen import (  # noqa: PLC0415 (likewise)
                PipelinesScreen,
            )

            view = load_view(self._view_files[name], PipelinesScreen.kind)
            return PipelinesScreen(self._basics, view)
        if name == "schedules":
            from studio_tui.tui.schedules.list_screen import (  # noqa: PLC0415 (likewise)
                SchedulesScreen,
            )

            view = load_view(self._view_files[name], SchedulesScreen.kind)
            return SchedulesScreen(self._basics, view)
        if name == "activity":
            from studio_tui.tui.activity.list_screen import ActivityScreen  # noqa: PLC0415 (likewise)

            view = load_view(self._view_files[name], ActivityScreen.kind)
            return ActivityScreen(self._basics, view)
        if name == "logs":
            from studio_tui.tui.logs.merged_screen import MergedScreen  # noqa: PLC0415 (likewise)

            return MergedScreen(self._basics)
        view = load_view(self._view_files["jobs"], JobsScreen.kind)
        return JobsScreen(self._basics, view)

    @property
    def _basics(self) -> Basics:
        connected = self._connected
        return Basics(connected.session, connected.home, connected.read_only)

    @property
    def _endings(self) -> Endings:
        """Reports the endings of opened jobs and pipelines."""
        return self._connected.session.endings

    def _known_job(self, job_id: str) -> Job | None:
        return self._connected.session.known_items.jobs([job_id]).get(job_id)
