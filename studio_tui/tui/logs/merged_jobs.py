"""The jobs whose logs are read as one: who is among them, and whose lines are shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.jobs.times import life_of
from studio_tui.presentation.logs.line_clock import LineClock, Zones
from studio_tui.presentation.logs.timestamps import Life
from studio_tui.service.logs.log_library import LogLibrary, OpenLog
from studio_tui.service.logs.merged.merged_log import LIMIT, MergedLog, Moved
from studio_tui.service.logs.source import MayFetch
from studio_tui.service.logs.store.matches import Find
from studio_tui.service.logs.store.tagged_store import of_tags
from studio_tui.service.logs.tail import TailState
from studio_tui.tui.jobs.naming import title


@dataclass(eq=False)
class Member:
    """One of the jobs."""

    job: Job
    """As it was heard of last."""
    number: int
    """Stands in the tags of its lines."""
    log: OpenLog
    clock: LineClock
    """Reads the times of its lines."""
    colour: int
    """Of its name; others may have the same."""
    untell: Callable[[], None]

    @property
    def state(self) -> TailState:
        """How the following of its log goes."""
        return self.log.tail.state


class MergedJobs:
    """Jobs that join and leave; their logs are open until they leave."""

    def __init__(
        self,
        library: LogLibrary,
        may_fetch: MayFetch,
        *,
        zones: Callable[[], Zones],
        places: Callable[[], set[int]],
        moved: Callable[[Moved], None],
        told: Callable[[], None],
    ) -> None:
        """Take what is asked and told when lines move, and when the following goes otherwise.

        Times of lines are read in `zones`.

        Raises:
            SpoolError: there is no room for the merged log on this machine's disk.
        """
        self.log = MergedLog(
            library.new_tagged,
            lambda _line: None,
            places=places,
            moved=moved,
        )
        self.solo: str | None = None
        """Id of the only job that is shown, if others are not."""
        self.muted: frozenset[str] = frozenset()
        """Ids of the jobs that are not shown."""
        self._zones = zones
        self._library = library
        self._may_fetch = may_fetch
        self._told = told
        self._members: dict[str, Member] = {}
        self._joined = 0

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def get(self, job_id: str | None) -> Member | None:
        """Return the member with that id, if it is one."""
        return self._members.get(job_id) if job_id is not None else None

    def of(self, number: int | None) -> Member | None:
        """Return whose lines bear a number."""
        return next((member for member in self if member.number == number), None)

    def follow(self, jobs: Sequence[Job]) -> int:
        """Let these jobs be merged, and no others; return how many are too many.

        Raises:
            SpoolError: there is no room for a log on this machine's disk.
        """
        wanted = jobs[:LIMIT]
        for job_id in self._members.keys() - {job.id for job in wanted}:
            self.leave(job_id)
        for job in wanted:
            if job.id not in self._members:
                self._join(job)
        return len(jobs) - len(wanted)

    def leave(self, job_id: str) -> None:
        """Merge a job's log no more, and let go of it."""
        member = self._members.pop(job_id, None)
        if member is not None:
            self.log.leave(member.number)
            member.untell()
            member.log.close()
            self.muted -= {job_id}
            self.solo = None if self.solo == job_id else self.solo

    def hear(self, jobs: Mapping[str, Job]) -> None:
        """Take over what is new of the jobs."""
        for job_id, member in self._members.items():
            member.job = jobs.get(job_id, member.job)

    def close(self) -> None:
        """Let go of the jobs' logs; the merged one is closed by who runs it."""
        for job_id in tuple(self._members):
            self.leave(job_id)

    # --- whose lines are shown -------------------------------------------------------------------

    def is_shown(self, member: Member) -> bool:
        """Whether the lines of a job are shown."""
        job_id = member.job.id
        return self.solo == job_id if self.solo is not None else job_id not in self.muted

    def within(self) -> Find | None:
        """Return what finds the lines that are shown; `None` for all of them."""
        shown = [member.number for member in self if self.is_shown(member)]
        return None if len(shown) == len(self) else of_tags(shown)

    def _join(self, job: Job) -> None:
        lease = self._library.open(
            job.id, self._may_fetch, job.created_at, has_ended=job.state.is_finished
        )

        def life() -> Life | None:
            member = self._members.get(job.id)
            return life_of(member.job if member is not None else job, clock.now())

        times = LineClock(lease.store, self._zones, life)
        began = job.began_at or job.created_at
        number = self.log.join(
            lease.store,
            title(job),
            is_over=lambda: lease.tail.state.is_over,
            origin=began.timestamp() if began else 0.0,
            time_of=lambda line: times.seconds(line, clock.now()),
        )
        untell = lease.tail.subscribe(lambda _: self._tell())
        self._members[job.id] = Member(job, number, lease, times, self._joined, untell)
        self._joined += 1

    def _tell(self) -> None:
        self.log.poke()
        self._told()
