"""The order in which jobs run again, each after those it depends on; pure."""

import heapq
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from studio_tui.local.db.lineage_model import Lineage


@dataclass(frozen=True)
class PlannedJob:
    """A job to run again."""

    job_id: str
    parents: tuple[str, ...]
    """Jobs of the plan that must complete first."""


def in_order(
    parents: Mapping[str, set[str]], lineage: Lineage, warnings: dict[str, None]
) -> tuple[PlannedJob, ...]:
    """Return the jobs, parents first, oldest first otherwise; cycles are cut at the oldest job.

    `warnings` gets a sentence about each cycle.
    """
    children: dict[str, list[str]] = {job_id: [] for job_id in parents}
    for job_id, own in parents.items():
        for parent in own:
            children[parent].append(job_id)
    left = {job_id: len(own) for job_id, own in parents.items()}
    ready = [(lineage.jobs[job_id].number, job_id) for job_id, count in left.items() if not count]
    heapq.heapify(ready)
    cycles = Cycles(parents, lambda job_id: lineage.jobs[job_id].number)
    positions: dict[str, int] = {}
    order: list[PlannedJob] = []
    while left:
        if not ready:
            oldest = cycles.oldest(left)
            name = lineage.jobs[oldest].name
            warnings[f"{name} depends on its own results: it runs with the existing versions."] = (
                None
            )
            ready.append((lineage.jobs[oldest].number, oldest))
        _number, job_id = heapq.heappop(ready)
        del left[job_id]
        positions[job_id] = len(order)
        before = sorted(parents[job_id] & positions.keys(), key=positions.__getitem__)
        order.append(PlannedJob(job_id, tuple(before)))
        for child in children[job_id]:
            if child in left:
                left[child] -= 1
                if not left[child]:
                    heapq.heappush(ready, (lineage.jobs[child].number, child))
    return tuple(order)


class Cycles:
    """Finds cycles among the remaining jobs, continuing from where the last one was found."""

    def __init__(self, parents: Mapping[str, set[str]], number: Callable[[str], int]) -> None:
        """Initialise with each job's parents, and its number in the order of creation."""
        self._parents = parents
        self._number = number
        self._starts = iter(sorted(parents))
        self._path: list[str] = []
        """A path from a job to one of its parents, to one of that job's parents, and so on."""
        self._places: dict[str, int] = {}
        """Index of each job in `_path`."""

    def oldest(self, left: Collection[str]) -> str:
        """Return the oldest job of a cycle among `left`, each of which has a parent there.

        The caller must remove it from `left` before the next call.
        """
        while self._path and self._path[-1] not in left:
            self._step_back()
        if self._path:
            job_id = self._parent(self._path[-1], left)
        else:
            job_id = next(start for start in self._starts if start in left)
        while job_id not in self._places:
            self._places[job_id] = len(self._path)
            self._path.append(job_id)
            job_id = self._parent(job_id, left)
        cycle = self._path[self._places[job_id] :]
        oldest = min(cycle, key=self._number)
        while self._step_back() != oldest:
            pass
        return oldest

    def _parent(self, job_id: str, left: Collection[str]) -> str:
        return min(parent for parent in self._parents[job_id] if parent in left)

    def _step_back(self) -> str:
        job_id = self._path.pop()
        del self._places[job_id]
        return job_id
