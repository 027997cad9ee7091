"""Saving and restoring the jobs of the merged log, and the user's place in it.

The offset of a line in a merged log differs each time the log is loaded, so the place is saved by
lines of jobs.
"""

from collections.abc import Iterable, Iterator

from studio_tui.errors import SpoolError
from studio_tui.tui.logs.log_memory import LineOfJob, MergedPlace
from studio_tui.tui.logs.merged_jobs import MergedController, MergedJobs
from studio_tui.tui.logs.view.place import LogPlace


class MergedMemory(MergedController):
    missing: tuple[str, ...] = ()
    """Ids of saved jobs that Studio did not return; they are saved again."""
    is_restoring = False
    """Whether the saved jobs are being looked up."""

    @property
    def expected(self) -> int:
        """How many jobs the merged log will have once all of them are found and have started."""
        return len(self._members) + len(self._page.joining.awaited) + len(self.missing)

    def note(self) -> None:
        """Save the jobs and the place, unless the saved place is still to be restored."""
        members, restore = self._members, self._page.view.restore
        if not members.has_begun or restore.is_pending:
            return
        place = restore.place
        self._page.memory.merged = MergedPlace(
            jobs=(*(member.job.id for member in members), *self.missing),
            solo=members.solo,
            muted=tuple(sorted(members.muted)),
            top=next(_lines(members, (place.top,)), None),
            current=next(_lines(members, (place.current,)), None),
            bookmarks=tuple(_lines(members, place.bookmarks)),
            filter=place.filter,
            search=place.search,
            awaited=self._page.joining.awaited,
            names=self._page.names.are_beside_lines,
        )

    async def restore(self) -> None:
        """Look up the saved jobs, merge them, and return to the place.

        Nothing happens if other jobs are merged meanwhile.
        """
        saved, session = self._page.memory.merged, self._page.session
        self.is_restoring = True
        self._page.names.are_beside_lines = saved.names
        await session.jobs.first_value()
        jobs = await session.known_items.find_jobs(saved.jobs)
        self.is_restoring = False
        if self._members.has_begun:
            return
        if not jobs:
            self._page.notify_user(
                "Studio does not return the jobs of the merged log now", "warning"
            )
            return
        try:
            self._page.follow(jobs, saved.awaited)
        except SpoolError as error:
            self._page.notify_user(str(error), "error")
            return
        session.endings.watch(jobs)
        found = {job.id for job in jobs}
        self.missing = tuple(job_id for job_id in saved.jobs if job_id not in found)
        self._return_to(saved, self._members)

    def _return_to(self, saved: MergedPlace, members: MergedJobs) -> None:
        """Show the lines of the same jobs, and go to the place once its lines are merged."""
        members.solo = saved.solo if members.get(saved.solo) else None
        members.muted = frozenset(filter(members.get, saved.muted))
        self._page.choice.apply_shown_jobs()
        self._page.view.restore.return_to(LogPlace(), lambda: _place_now(saved, members))


def _lines(members: MergedJobs, starts: Iterable[int | None]) -> Iterator[LineOfJob]:
    """Yield the lines at some offsets of the merged log; not those of jobs that have left."""
    for start in starts:
        source = None if start is None else members.log.source_of(start)
        member = members.of(source[0]) if source else None
        if source is not None and member is not None:
            yield LineOfJob(member.job.id, source[1])


def _place_now(saved: MergedPlace, members: MergedJobs) -> LogPlace | None:
    """Return the saved place with its present offsets; `None` until its lines are merged."""
    is_whole = members.are_complete and members.are_merged

    def start_of(line: LineOfJob | None) -> int | None:
        member = members.get(line.job_id) if line else None
        return members.log.start_of(member.number, line.offset) if line and member else None

    lines = [line for line in (saved.top, saved.current, *saved.bookmarks) if line is not None]
    waits = any(members.get(line.job_id) and start_of(line) is None for line in lines)
    if members.log.is_ordering or (waits and not is_whole):
        return None
    starts = (start_of(line) for line in saved.bookmarks)
    top = start_of(saved.top)
    return LogPlace(
        top=start_of(saved.current) if top is None else top,
        current=start_of(saved.current),
        bookmarks=tuple(start for start in starts if start is not None),
        filter=saved.filter,
        search=saved.search,
        lines_seen=members.log.store.lines,
    )
