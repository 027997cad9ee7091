"""The screens of one connection, created on demand. Each tab is created once and then kept."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from studio_tui.api.models import Job
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.tui.clusters.cluster_choice import ClusterChoice
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.last_screen import LastScreen
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.list_view import ListView, load_view
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.messages import EditJobs, OpenForm, OpenJob, OpenLog, OpenLogs
from studio_tui.tui.tabs import page_class_of

if TYPE_CHECKING:
    from studio_tui.tui.form.saved_forms import SavedForms
    from studio_tui.tui.pipelines.graph.memory import DagMemory


class Screens:
    """Creates the screens of a connection, and knows the files in which their state is saved."""

    def __init__(self, connected: Connected) -> None:
        self._connected = connected
        self._basics = Basics(connected.session, connected.home, connected.read_only)
        self._endings = connected.session.endings
        self.tabs: dict[str, Page] = {}
        """The tabs created so far, by name."""
        others = ("pipelines", "clusters", "schedules", "activity")
        self._view_files = {"jobs": connected.view_file} | {
            name: connected.view_file.with_suffix(f".{name}.json") for name in others
        }
        self._log_file = connected.view_file.with_suffix(".logs.json")
        self._logs = LogMemory.load(self._log_file)
        self._dag_file = connected.view_file.with_suffix(".dags.json")
        self._cluster_file = connected.view_file.with_suffix(".cluster.json")
        self.cluster = ClusterChoice.load(self._cluster_file)
        self._last_file = connected.view_file.with_suffix(".screen.json")
        self.last = LastScreen.load(self._last_file)
        """The screens to restore in the next run; at the start, those of the previous run."""
        # Even if another tab is shown first: its header counts these jobs.
        jobs_to_load = self._view("jobs", JobsScreen.kind).loaded
        connected.session.lists.jobs_feed.request_at_least(jobs_to_load)
        self._filters_before: dict[str, str] = {}
        """The filters before `filter_list` changed them, by tab."""

    @cached_property
    def _dags(self) -> "DagMemory":
        from studio_tui.tui.pipelines.graph.memory import DagMemory  # noqa: PLC0415 (on demand)

        return DagMemory.load(self._dag_file)

    @cached_property
    def _saved_forms(self) -> "SavedForms":
        from studio_tui.tui.form.saved_forms import SavedForms  # noqa: PLC0415 (on demand)

        return SavedForms(self._connected.view_file.with_suffix(".forms"))

    def tab(self, name: str) -> Page:
        """Return the page of a tab, created by the first call."""
        if name not in self.tabs:
            self.tabs[name] = self._make_tab(name)
        return self.tabs[name]

    def job_page(self, request: OpenJob) -> Page | None:
        """Return a new page of a job; `None` if the job is unknown and not in the request."""
        job = self._known_job(request.job_id) or request.job
        if job is None:
            return None
        self._endings.watch((job,))
        from studio_tui.tui.jobs.detail_screen import JobScreen  # noqa: PLC0415 (on demand)

        return JobScreen(self._basics, job, request.among)

    def log_page(self, request: OpenLog) -> Page | None:
        """Return a new page of a job's log; `None` if the job is unknown and not in the request.

        Raises:
            SpoolError: there is no room for the log on the local disk.
        """
        job = self._known_job(request.job_id) or request.job
        if job is None:
            return None
        self._endings.watch((job,))
        from studio_tui.tui.logs.log_screen import LogScreen  # noqa: PLC0415 (on demand)

        return LogScreen(self._basics, job, self._logs, request.start)

    def job_form(self, request: OpenForm) -> Page:
        """Return a form for a new job.

        With a draft in the request, it contains the unfinished input for `about`, if there is any,
        or else the draft. Without a draft, it contains the last unfinished new job, if there is
        one, or else only the chosen cluster.
        """
        from studio_tui.tui.form.submit_screen import SubmitScreen  # noqa: PLC0415 (on demand)
        from studio_tui.tui.form.templates import Start  # noqa: PLC0415 (on demand)

        first_field = request.initial_field
        if request.draft is None:
            draft = Draft(compute_cluster_name=self.cluster.name or "")
            start = Start(draft, first_field=first_field)
        else:
            start = Start(request.draft, key=f"about {request.about}", first_field=first_field)
        return SubmitScreen(self._basics, self._saved_forms, start)

    async def edit_form(self, request: EditJobs) -> Page | None:
        """Return a form for editing and rerunning jobs; `None` if none of them is known.

        Raises:
            InvalidRequest: too little is known to create one of them again.
        """
        jobs = [job for job_id in request.job_ids if (job := self._known_job(job_id)) is not None]
        if not jobs:
            return None
        from studio_tui.tui.form.edit_screen import EditMarkedScreen, EditScreen  # noqa: PLC0415 (on demand)
        from studio_tui.tui.jobs.rerun import Repeat  # noqa: PLC0415 (on demand)

        repeats = await Repeat.of_all(jobs, self._connected.session)
        page = (
            EditScreen(self._basics, self._saved_forms, repeats[0])
            if len(repeats) == 1
            else EditMarkedScreen(self._basics, self._saved_forms, repeats)
        )
        page.on_created = request.on_copy_created
        return page

    def await_row(self, name: str, key: str) -> None:
        """Move the cursor of the list on tab `name` to the row `key` as soon as it is listed."""
        page = self.tab(name)
        if isinstance(page, ListPage):
            page.list.await_row(key)

    def show_merged_logs(self, request: OpenLogs) -> None:
        """Put the logs of some jobs on the tab of merged logs; without ids, leave it as it is.

        A job that neither the request has nor the session knows is skipped.

        Raises:
            SpoolError: there is no room for the logs on the local disk.
        """
        from studio_tui.tui.logs.merged_screen import MergedScreen  # noqa: PLC0415 (on demand)

        page, job_ids = self.tab("logs"), request.job_ids
        if isinstance(page, MergedScreen) and job_ids:
            known_jobs = self._connected.session.known_items.jobs(job_ids)
            jobs_by_id = {job.id: job for job in request.jobs} | known_jobs
            shown_jobs = [jobs_by_id[job_id] for job_id in job_ids if job_id in jobs_by_id]
            self._endings.watch(shown_jobs)
            page.follow(shown_jobs, request.awaited)

    def pipeline_page(self, pipeline_id: str, run_id: str | None) -> Page:
        """Return a new page of a pipeline.

        The cursor is on the job whose run is `run_id`; if `None`, where the user left it.
        """
        from studio_tui.tui.pipelines.graph.screen import PipelineScreen  # noqa: PLC0415 (on demand)

        answer = self._connected.session.pipelines.snapshot.value
        if answer is not None and (pipeline := answer.get(pipeline_id)) is not None:
            self._endings.watch_pipelines((pipeline,))
        return PipelineScreen(self._basics, pipeline_id, self._dags, run_id=run_id)

    async def show_datasets(self, app: App[Any], job_ids: Sequence[str]) -> None:
        """Show the datasets; do what the user chooses.

        The cursor is on the first dataset that one of the jobs created.
        """
        from studio_tui.tui.pipelines.datasets import Rebuild, browse  # noqa: PLC0415 (on demand)

        session, read_only = self._connected.session, self._connected.read_only
        choice = await browse(app, session, job_ids, can_rebuild=not read_only)
        if isinstance(choice, Rebuild):
            from studio_tui.tui.pipelines.list_screen import PipelinesScreen  # noqa: PLC0415 (on demand)

            if isinstance(page := self.tab("pipelines"), PipelinesScreen):
                await page.rebuilding.rebuild(app, choice.names, only=choice.only)
        elif choice is not None:
            if jobs := await session.known_items.find_jobs((choice,)):
                app.post_message(OpenJob(choice, job=jobs[0]))
            else:
                app.notify("That job cannot be loaded from Studio now", severity="warning")

    def filter_list(self, name: str, terms: str) -> None:
        """Set the filter of a list.

        If the list is not the current page, the caller shows it over that page. After it has been
        closed, `restore_filters` restores its previous filter.
        """
        page = self.tab(name)
        if isinstance(page, ListPage):
            if not page.is_current:
                self._filters_before.setdefault(name, page.view.filter)
            page.list.filtering.replace(terms)

    def restore_filters(self) -> None:
        """Restore the filters that `filter_list` changed, on lists that are no longer visible."""
        for name, previous_filter in [*self._filters_before.items()]:
            page = self.tabs.get(name)
            if isinstance(page, ListPage) and not page.is_current:
                del self._filters_before[name]
                page.list.filtering.show_only(previous_filter)

    async def show_schedule_form(self, app: App[Any]) -> None:
        """Show the form for rebuilding datasets on a schedule."""
        from studio_tui.tui.pipelines.list_screen import PipelinesScreen  # noqa: PLC0415 (on demand)

        if isinstance(page := self.tab("pipelines"), PipelinesScreen):
            await page.rebuilding.schedule_from(app, "")

    def contents_to_save(self) -> dict[Path, str]:
        """Return the contents to save for the next run, by file."""
        saved: dict[Path, Remembered] = {
            self._last_file: self.last,
            self._log_file: self._logs,
            self._cluster_file: self.cluster,
        }
        if "_dags" in self.__dict__:  # otherwise not read, so unchanged
            saved[self._dag_file] = self._dags
        for name, file in self._view_files.items():
            if isinstance(page := self.tabs.get(name), ListPage):
                saved[file] = page.remembered()
        return {file: state.model_dump_json() for file, state in saved.items()}

    def _make_tab(self, name: str) -> Page:
        page_class: Any = page_class_of(name)
        if name == "logs":
            return cast("Page", page_class(self._basics, self._logs))
        more = (self.cluster,) if name == "clusters" else ()
        return cast("Page", page_class(self._basics, self._view(name, page_class.kind), *more))

    def _view(self, name: str, kind: Kind[Any]) -> ListView:
        return load_view(self._view_files[name], kind)

    def _known_job(self, job_id: str) -> Job | None:
        return self._connected.session.known_items.jobs([job_id]).get(job_id)
