"""The waits between attempts to follow a log; during an outage there are no attempts."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from studio_tui import clock
from studio_tui.api.connection_states import FollowPhase
from studio_tui.service.logs.state import StatePublisher
from studio_tui.service.polling.backoff import Backoff, wait_for
from studio_tui.service.polling.reachability import Reachability

BACKOFF_BASE = 0.25
BACKOFF_CAP = 20.0

logger = logging.getLogger(__name__)


class Retries:
    """The waits between attempts to follow one log; publishes the time of the next attempt."""

    def __init__(
        self,
        job_id: str,
        states: StatePublisher,
        reachability: Reachability,
    ) -> None:
        self.backoff = Backoff(BACKOFF_BASE, BACKOFF_CAP)
        self.reachability = reachability
        self.poked = asyncio.Event()
        """Ends a wait at once."""
        self._job_id = job_id
        self._states = states

    def subscribe(self) -> Callable[[], None]:
        """End a wait when an outage begins, changes or ends; return a function that stops this."""

        def on_change() -> None:
            if self._states.state.phase is FollowPhase.RECONNECTING:
                self.poked.set()

        return self.reachability.subscribe(on_change)

    async def wait_until_reachable(self) -> None:
        """Wait for the first outcome, and while Studio is unreachable; publish the next probe."""
        await self.reachability.first_outcome()
        had_outage = False
        while (outage := self.reachability.outage) is not None:
            had_outage = True
            reason, next_try = str(outage.error), outage.next_try_at
            self._states.publish(FollowPhase.RECONNECTING, reason, next_try, since=outage.since)
            await self.poked.wait()
            self.poked.clear()
        if had_outage:
            self._states.publish(FollowPhase.RECONNECTING, "", clock.now())

    async def wait_after_failure(self, reason: str, at_least: float) -> None:
        """Count a failure; wait for the backoff, at least `at_least` seconds, unless poked."""
        jittered = self.backoff.add_failure()
        if self.reachability.outage is not None:
            return  # `wait_until_reachable` waits for the end of the outage
        seconds = max(at_least, jittered)
        logger.info("log of job %s: next try in %.1f s: %s", self._job_id, seconds, reason)
        next_try = clock.now() + timedelta(seconds=seconds)
        self._states.publish(FollowPhase.RECONNECTING, reason, next_try)
        await wait_for(self.poked, seconds)
        self.poked.clear()

    async def wait_until_poked(self) -> None:
        """Wait after a refusal until the user retries, or until the published time of a retry."""
        next_try = self._states.state.next_try
        if next_try is None:
            await self.poked.wait()
        else:
            await wait_for(self.poked, (next_try - clock.now()).total_seconds())
        self.poked.clear()
        self.backoff.reset()
