"""The order in which jobs run again, each after those it depends on; pure."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from studio_tui.local.db.cycles import Cycles
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
    for job_id, found in parents.items():
        for parent in found:
            children[parent].append(job_id)
    left = {job_id: len(found) for job_id, found in parents.items()}
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
