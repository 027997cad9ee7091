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

    def number(job_id: str) -> int:
        return lineage.jobs[job_id].number

    children: dict[str, list[str]] = {job_id: [] for job_id in parents}
    for job_id, job_parents in parents.items():
        for parent in job_parents:
            children[parent].append(job_id)
    missing_parents = {job_id: len(parents[job_id]) for job_id in sorted(parents, key=number)}
    """Number of parents that are not in the order yet, for each job that is not in it yet."""
    ready = [(number(job_id), job_id) for job_id, count in missing_parents.items() if not count]
    positions: dict[str, int] = {}
    order: list[PlannedJob] = []
    path: dict[str, None] = {}
    while missing_parents:
        if not ready:
            oldest = min(_find_cycle(parents, missing_parents, path), key=number)
            name = lineage.jobs[oldest].name
            warning = f"{name} depends on its own results: it runs with the existing versions."
            warnings[warning] = None
            ready.append((number(oldest), oldest))
        _number, job_id = heapq.heappop(ready)
        del missing_parents[job_id]
        positions[job_id] = len(order)
        ordered_parents = sorted(parents[job_id] & positions.keys(), key=positions.__getitem__)
        order.append(PlannedJob(job_id, tuple(ordered_parents)))
        for child in children[job_id]:
            if child in missing_parents:
                missing_parents[child] -= 1
                if not missing_parents[child]:
                    heapq.heappush(ready, (number(child), child))
    return tuple(order)


def _find_cycle(
    parents: Mapping[str, set[str]], among: Collection[str], path: dict[str, None]
) -> list[str]:
    """Return a cycle: each of its jobs is a parent of the next, and the last one of the first.

    All jobs of the cycle are in `among`, where each job must have a parent. In `path`, which is
    empty at first, each job is followed by one of its parents; it is changed, so that the next
    search continues where this one ended.
    """
    while path and next(reversed(path)) not in among:
        path.popitem()
    job_id = path.popitem()[0] if path else next(iter(among))
    while job_id not in path:
        path[job_id] = None
        job_id = min(parent for parent in parents[job_id] if parent in among)
    cycle: list[str] = []
    while job_id in path:
        cycle.append(path.popitem()[0])
    return cycle
