"""The jobs of a merged log, and which of them show their lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from studio_tui import clock
from studio_tui.api.connection_states import FollowPhase, TailState
from studio_tui.api.models import Job
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.times import life_of
from studio_tui.presentation.logs.line_clock import LineClock
from studio_tui.presentation.logs.timestamps import Life
from studio_tui.presentation.logs.zones import Zones
from studio_tui.service.logs.archived_log import MayFetch
from studio_tui.service.logs.log_library import LogHandle, LogLibrary
from studio_tui.service.logs.merged.merged_log import LIMIT, MergedLog, Moved
from studio_tui.service.logs.store.matches import Find
from studio_tui.service.logs.store.tagged_store import finder_of_tags
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.logs.view.controller import WorkGroup

if TYPE_CHECKING:
    from studio_tui.tui.logs.merged_screen import MergedScreen


def left_out(jobs: int) -> str:
    """Return that there is no room for a number of jobs."""
    return f"Only {LIMIT} logs can be merged: {plural(jobs, 'job')} left out"


@dataclass(eq=False)
class Member:
    job: Job
    number: int
    """The number of the job in the tags of its lines, also for the color of its name."""
    log: LogHandle
    clock: LineClock
    """Parses the times of the job's lines."""
    unsubscribe: Callable[[], None]

    @property
    def state(self) -> TailState:
        return self.log.tail.state


def _is_being_read(member: Member) -> bool:
    phase = member.state.phase
    has_ended = member.job.state.is_finished
    return phase is FollowPhase.CONNECTING or (phase is FollowPhase.FOLLOWING and has_ended)


class MergedController:
    """A controller of a merged log; what it needs of other controllers it takes from the page."""

    def __init__(self, page: "MergedScreen") -> None:
        self._page = page
        self._members = page.members
        self._work = WorkGroup(page, type(self).__name__, page.notify_user)


class MergedJobs:
    """The jobs of a merged log; the log of each is open until the job leaves."""

    has_begun = False
    """Whether there is a merged log, although its jobs may all have left."""
    log: MergedLog
    """The merged log, once there has been one."""

    def __init__(
        self,
        library: LogLibrary,
        may_fetch: MayFetch,
        *,
        zones: Callable[[], Zones],
        changed: Callable[[], None],
    ) -> None:
        """Initialize; `changed` is called with each new state of following a log.

        Times without a zone are interpreted in `zones`.
        """
        self.solo: str | None = None
        """Id of the only job whose lines are shown; `None` to show all jobs that are not muted."""
        self.muted: frozenset[str] = frozenset()
        self._zones = zones
        self._library = library
        self._may_fetch = may_fetch
        self._changed = changed
        self._members: dict[str, Member] = {}

    def begin(self, viewed_lines: Callable[[], set[int]], moved: Callable[[Moved], None]) -> None:
        """Make a merged log without jobs; the arguments are as in `MergedLog`.

        Raises:
            SpoolError: the merged log cannot be stored on the local disk.
        """
        self.log = MergedLog(self._library.new_tagged, viewed_lines=viewed_lines, on_moved=moved)
        self.has_begun = True

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def get(self, job_id: str | None) -> Member | None:
        return self._members.get(job_id) if job_id is not None else None

    def of(self, number: int | None) -> Member | None:
        return next((member for member in self if member.number == number), None)

    def of_line(self, start: int | None) -> Member | None:
        """Return the job whose line begins at `start`; `None` without one, or if it has left."""
        if not self or start is None:
            return None
        return self.of(self.log.store.number_at(start))

    def clock_at(self, start: int) -> LineClock:
        """Return what parses the time of the line that begins at `start`."""
        member = self.of_line(start)
        return LineClock() if member is None else member.clock

    def follow(self, jobs: Sequence[Job]) -> int:
        """Merge exactly these jobs, up to `LIMIT`; return how many are left out.

        Raises:
            SpoolError: a log cannot be stored on the local disk.
        """
        for job_id in self._members.keys() - {job.id for job in jobs[:LIMIT]}:
            self.leave(job_id)
        return self.add(jobs)

    def add(self, jobs: Sequence[Job]) -> int:
        """Merge these jobs too, up to `LIMIT` in all; return how many are left out.

        Raises:
            SpoolError: a log cannot be stored on the local disk.
        """
        others = [job for job in jobs if job.id not in self._members]
        room = self.room
        for job in others[:room]:
            self._join(job)
        return len(others[room:])

    @property
    def room(self) -> int:
        """How many more jobs can be merged."""
        return max(0, LIMIT - len(self))

    def leave(self, job_id: str) -> None:
        member = self._members.pop(job_id, None)
        if member is not None:
            self.log.leave(member.number)
            member.unsubscribe()
            member.log.close()
            self.muted -= {job_id}
            self.solo = None if self.solo == job_id else self.solo

    @property
    def began_at(self) -> datetime | None:
        """When the first of the jobs began; `None` if none has begun."""
        return min((each.job.began_at for each in self if each.job.began_at), default=None)

    @property
    def are_complete(self) -> bool:
        return all(member.state.phase is FollowPhase.COMPLETE for member in self)

    @property
    def are_being_read(self) -> bool:
        """Whether lines that were printed before now are still being loaded or ordered."""
        if not self.are_complete:
            return any(_is_being_read(member) for member in self)
        return self.log.is_ordering or not self.are_merged

    @property
    def are_merged(self) -> bool:
        """Whether all received bytes are merged, also those of a last line that may still grow."""
        return self.log.store.text_size >= sum(member.log.store.size for member in self)

    def update(self, jobs: Mapping[str, Job]) -> None:
        """Replace jobs by newer versions, given by id; a job that is not given stays as it is."""
        for job_id, member in self._members.items():
            member.job = jobs.get(job_id, member.job)

    def close(self) -> None:
        """Close the log of each job, and the merged log, after its `run` has ended."""
        for job_id in tuple(self._members):
            self.leave(job_id)
        if self.has_begun:
            self.log.close()
        self.has_begun = False

    # --- whose lines are shown -------------------------------------------------------------------

    def is_shown(self, member: Member) -> bool:
        job_id = member.job.id
        return self.solo == job_id if self.solo is not None else job_id not in self.muted

    def within(self) -> Find | None:
        """Return the function that finds the lines to show; `None` to show all."""
        shown = [member.number for member in self if self.is_shown(member)]
        return None if len(shown) == len(self) else finder_of_tags(shown)

    def _join(self, job: Job) -> None:
        handle = self._library.open(
            job.id, self._may_fetch, job.created_at, has_ended=job.state.is_finished
        )

        def life() -> Life | None:
            member = self._members.get(job.id)
            return life_of(member.job if member is not None else job, clock.now())

        line_clock = LineClock(handle.store, self._zones, life)
        began = job.began_at or job.created_at
        number = self.log.join(
            handle.store,
            title(job),
            is_over=lambda: handle.tail.state.is_over,
            begins_at=began.timestamp() if began else 0.0,
            time_of=lambda line: line_clock.seconds(line, clock.now()),
        )
        unsubscribe = handle.tail.subscribe(lambda _: self._note_change())
        self._members[job.id] = Member(job, number, handle, line_clock, unsubscribe)

    def _note_change(self) -> None:
        self.log.poke()
        self._changed()
