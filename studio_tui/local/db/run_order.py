"""Orders jobs that run again, each after the jobs that it depends on; pure."""

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from studio_tui.local.db.lineage_model import Lineage

T = TypeVar("T")


@dataclass(frozen=True)
class PlannedJob:
    """A job to run again."""

    job_id: str
    parents: tuple[str, ...]
    """Jobs of the plan that must complete first."""


def reachable(starts: Iterable[T], following: Callable[[T], Iterable[T]]) -> list[T]:
    """Return `starts` and all that directly or indirectly follows from them, nearest first."""
    reached = dict.fromkeys(starts)
    pending = [*reached]
    for each in pending:  # grows in the loop
        for other in following(each):
            if other not in reached:
                reached[other] = None
                pending.append(other)
    return pending


def nearest_ancestors(
    job_id: str, parents: Mapping[str, Iterable[str]], among: Collection[str]
) -> tuple[str, ...]:
    """Return the ancestors of a job that are in `among` and are nearest to it, each once.

    A parent that is not in `among` is replaced by its own parents, and so on.
    """

    def following(ancestor: str) -> Iterable[str]:
        return () if ancestor in among else parents.get(ancestor, ())

    reached = reachable(parents.get(job_id, ()), following)
    return tuple(each for each in reached if each in among and each != job_id)


def in_order(
    parents: Mapping[str, set[str]], lineage: Lineage, warnings: dict[str, None]
) -> tuple[PlannedJob, ...]:
    """Return the jobs, each after its parents; otherwise older jobs come first.

    In a cycle, the oldest job comes first, without its parents that come later, and with a warning.
    """
    children: dict[str, list[str]] = {job_id: [] for job_id in parents}
    for job_id, job_parents in parents.items():
        for parent in job_parents:
            children[parent].append(job_id)
    missing_parents = {job_id: len(job_parents) for job_id, job_parents in parents.items()}
    """Number of parents that are not in the order yet, for each job that is not in it yet."""
    ready = [
        (lineage.jobs[job_id].number, job_id)
        for job_id, count in missing_parents.items()
        if not count
    ]
    heapq.heapify(ready)
    cycles = Cycles(parents, lambda job_id: lineage.jobs[job_id].number)
    positions: dict[str, int] = {}
    order: list[PlannedJob] = []
    while missing_parents:
        if not ready:
            oldest = cycles.oldest(missing_parents)
            name = lineage.jobs[oldest].name
            warning = f"{name} depends on its own results: it runs with the existing versions."
            warnings[warning] = None
            ready.append((lineage.jobs[oldest].number, oldest))
        _number, job_id = heapq.heappop(ready)
        del missing_parents[job_id]
        positions[job_id] = len(order)
        ordered_parents = sorted(parents[job_id] & positions.keys(), key=positions.__getitem__)
        order.append(PlannedJob(job_id, tuple(ordered_parents)))
        for child in children[job_id]:
            if child in missing_parents:
                missing_parents[child] -= 1
                if not missing_parents[child]:
                    heapq.heappush(ready, (lineage.jobs[child].number, child))
    return tuple(order)


class Cycles:
    """Finds cycles among jobs; each search continues where the previous search ended."""

    def __init__(self, parents: Mapping[str, set[str]], number: Callable[[str], int]) -> None:
        self._parents = parents
        self._number = number
        self._starts = iter(sorted(parents))
        self._path: list[str] = []
        """Jobs, each followed by one of its parents."""
        self._indexes: dict[str, int] = {}

    def oldest(self, jobs: Collection[str]) -> str:
        """Return the oldest job of a cycle among `jobs`; the caller must remove it from `jobs`."""
        while self._path and self._path[-1] not in jobs:
            self._step_back()
        if self._path:
            job_id = self._parent(self._path[-1], jobs)
        else:
            job_id = next(start for start in self._starts if start in jobs)
        while job_id not in self._indexes:
            self._indexes[job_id] = len(self._path)
            self._path.append(job_id)
            job_id = self._parent(job_id, jobs)
        cycle = self._path[self._indexes[job_id] :]
        oldest = min(cycle, key=self._number)
        while self._step_back() != oldest:
            pass
        return oldest

    def _parent(self, job_id: str, jobs: Collection[str]) -> str:
        return min(parent for parent in self._parents[job_id] if parent in jobs)

    def _step_back(self) -> str:
        job_id = self._path.pop()
        del self._indexes[job_id]
        return job_id
