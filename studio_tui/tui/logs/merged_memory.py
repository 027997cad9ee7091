"""Saving and restoring the place in the merged log, whose offsets differ in each run."""

from collections.abc import Iterable, Iterator

from studio_tui.tui.logs.joining_jobs import JoiningJobs
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.logs.member_choice import MemberChoice
from studio_tui.tui.logs.member_names import MemberNames
from studio_tui.tui.logs.merged_jobs import MergedJobs
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.place import LineOfJob, LogPlace, MergedPlace


class MergedMemory:
    """Saves the jobs of the merged log with the reader's place, and restores the place."""

    def __init__(
        self, memory: LogMemory, choice: MemberChoice, joining: JoiningJobs, names: MemberNames
    ) -> None:
        self._memory = memory
        self._choice = choice
        self._joining = joining
        self._names = names
        self.missing: tuple[str, ...] = ()
        """Ids of saved jobs that Studio did not return; they are saved again."""

    def note(self, view: LogView) -> None:
        """Save the jobs and the place, unless the saved place is still to be restored."""
        members, place = self._choice.members, view.restore.place
        if members is None or view.restore.is_pending:
            return
        self._memory.merged = MergedPlace(
            jobs=(*(member.job.id for member in members), *self.missing),
            solo=members.solo,
            muted=tuple(sorted(members.muted)),
            top=next(_lines(members, (place.top,)), None),
            current=next(_lines(members, (place.current,)), None),
            bookmarks=tuple(_lines(members, place.bookmarks)),
            filter=place.filter,
            search=place.search,
            awaited=self._joining.awaited,
            names=self._names.are_beside_lines,
        )

    def return_to(self, saved: MergedPlace, members: MergedJobs, view: LogView) -> None:
        """Show the lines of the same jobs, and go to the place once its lines are merged."""
        members.solo = saved.solo if members.get(saved.solo) else None
        members.muted = frozenset(filter(members.get, saved.muted))
        self._choice.apply_shown_jobs()
        view.restore.return_to(LogPlace(), lambda: _found(saved, members))


def _lines(members: MergedJobs, starts: Iterable[int | None]) -> Iterator[LineOfJob]:
    """Yield the lines at some offsets of the merged log; not those of jobs that have left."""
    for start in starts:
        source = None if start is None else members.log.source_of(start)
        member = members.of(source[0]) if source else None
        if source is not None and member is not None:
            yield LineOfJob(member.job.id, source[1])


def _found(saved: MergedPlace, members: MergedJobs) -> LogPlace | None:
    """Return the place by its present offsets; `None` if lines of it are still to be merged."""
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
