"""The progress of the visible running jobs, for a screen that shows them."""

from collections.abc import Callable, Iterable

from textual.message_pump import MessagePump

from studio_tui.presentation.logs.progress import Progress, latest_progress
from studio_tui.service.polling.log_ends import PROGRESS_BYTES, LogEnd, LogEnds
from studio_tui.tui.messages import Progressed


class RunningProgress:
    """The latest progress bar of each followed job."""

    def __init__(self, log_ends: LogEnds, screen: MessagePump) -> None:
        """Make an empty set of bars; `screen` gets a `Progressed` whenever a bar has moved."""
        self._log_ends = log_ends
        self._screen = screen
        self.bars: dict[str, Progress] = {}
        """The latest bars by job id; replaced by `follow`, and changed in place as bars move."""
        self._unsubscribe: Callable[[], None] | None = None

    def get(self, job_id: str) -> Progress | None:
        return self.bars.get(job_id)

    def follow(self, job_ids: Iterable[str]) -> None:
        """Follow these jobs, and no others."""
        ids = dict.fromkeys(job_ids)
        if self._unsubscribe is None:
            self._unsubscribe = self._log_ends.subscribe(self._update)
        self.bars = {job_id: bar for job_id, bar in self.bars.items() if job_id in ids}
        self._log_ends.watch(ids)

    def stop_following(self) -> None:
        """Stop following jobs; their latest bars are kept."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            self._log_ends.watch(())

    def _update(self, job_id: str, end: LogEnd) -> None:
        before = self.bars.get(job_id)
        bar = latest_progress((end.data or b"")[-PROGRESS_BYTES:], before)
        if bar is not None and bar != before:
            self.bars[job_id] = bar
            self._screen.post_message(Progressed())
