"""Decides which jobs must run again, and in which order, to make datasets anew; pure.

From the datasets asked for it goes back to all they were made from, up to listings of a storage,
which every job can make anew. For each version that is needed, one job must run: one that is wanted
anyway and used it again from a checkpoint, rather than the job that once made it; one that
succeeded rather than one that failed. Of several runs of the same script the newest stands for all.
What has no job stays as it is, with a warning.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.local.datasets import is_listing, read_name, version_key


@dataclass(frozen=True)
class Link:
    """A job that has to do with a version."""

    job_id: str
    is_creator: bool
    """Whether it made the version; else it used it again from a checkpoint."""


@dataclass(frozen=True)
class Source:
    """What a version was made from."""

    dataset: str
    """`namespace.project.name`; empty for one of which nothing is known any more."""
    version_id: int | None
    """`None` when the version is gone, or never was known."""


@dataclass(frozen=True)
class Version:
    """A dataset version that is, or was, there whole."""

    dataset: str
    version: str
    is_removed: bool = False
    jobs: tuple[Link, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class KnownJob:
    """A job that has run."""

    number: int
    """Order of creation."""
    name: str
    script: str
    """Equal for equal queries."""
    environment: str
    """Equal for equal variables."""
    is_complete: bool


@dataclass(frozen=True)
class Lineage:
    """All that is known of datasets: versions by their ids, and the jobs that these name."""

    versions: Mapping[int, Version]
    jobs: Mapping[str, KnownJob]


@dataclass(frozen=True)
class PlannedJob:
    """A job to run again."""

    job_id: str
    parents: tuple[str, ...]
    """Jobs of the plan that must have completed before."""


@dataclass(frozen=True)
class Plan:
    """Jobs to run again, parents before their children."""

    jobs: tuple[PlannedJob, ...]
    warnings: tuple[str, ...]
    """Sentences on what the plan leaves as it is."""


class UnknownDataset(Exception):  # noqa: N818 (reads as what is wrong)
    """No version is known of what was named; `str` is the name as it was given."""


def plan(targets: Iterable[str], lineage: Lineage) -> Plan:
    """Return the jobs that make `targets` anew, each `[@]namespace.project.name[@version]`.

    Raises:
        UnknownDataset: One of them is not known.
    """
    warnings: dict[str, None] = {}
    needed = _needed([_find(target, lineage) for target in targets], lineage, warnings)
    chosen = _choose(needed, lineage, warnings)
    merged = _merge_runs(set(chosen.values()), lineage)
    parents: dict[str, set[str]] = {job_id: set() for job_id in merged.values()}
    for version_id, job_id in chosen.items():
        for source in lineage.versions[version_id].sources:
            parent = chosen.get(source.version_id) if source.version_id is not None else None
            if parent is not None and merged[parent] != merged[job_id]:
                parents[merged[job_id]].add(merged[parent])
    return Plan(_in_order(parents, lineage, warnings), tuple(warnings))


def _find(target: str, lineage: Lineage) -> int:
    name = read_name(target)
    candidates = [
        (version_key(version.version), version_id)
        for version_id, version in lineage.versions.items()
        if name is not None
        and version.dataset == name.dataset
        and (version.version == name.version if name.version else not version.is_removed)
    ]
    if not candidates:
        raise UnknownDataset(target)
    return max(candidates)[1]


def _needed(targets: Sequence[int], lineage: Lineage, warnings: dict[str, None]) -> list[int]:
    """Return the targets and all versions they were made from, nearest first, each once."""
    needed = dict.fromkeys(targets)
    waiting = [*needed]
    for version_id in waiting:
        version = lineage.versions[version_id]
        for source in version.sources:
            if is_listing(source.dataset):
                continue
            if source.version_id is None or source.version_id not in lineage.versions:
                gone = source.dataset or "a dataset"
                warnings[
                    f"{_words(version)} was made from {gone}, of which that version is not known:"
                    " it is not made anew."
                ] = None
            elif source.version_id not in needed:
                needed[source.version_id] = None
                waiting.append(source.version_id)
    return [*needed]


def _choose(needed: Sequence[int], lineage: Lineage, warnings: dict[str, None]) -> dict[int, str]:
    """Return the job that is to make each version; those without a choice decide first."""
    links = {
        version_id: [
            link for link in lineage.versions[version_id].jobs if link.job_id in lineage.jobs
        ]
        for version_id in needed
    }
    chosen = {at: found[0].job_id for at, found in links.items() if len(found) == 1}
    wanted = set(chosen.values())
    for version_id, found in links.items():
        if len(found) > 1:
            best = max(found, key=lambda link: _preference(link, wanted, lineage))
            chosen[version_id] = best.job_id
            wanted.add(best.job_id)
        elif not found:
            words = _words(lineage.versions[version_id])
            warnings[f"No job is known to have made {words}: it stays as it is."] = None
    return chosen


def _preference(link: Link, wanted: set[str], lineage: Lineage) -> tuple[bool, bool, bool, int]:
    job = lineage.jobs[link.job_id]
    return link.job_id in wanted, job.is_complete, link.is_creator, job.number


def _merge_runs(job_ids: set[str], lineage: Lineage) -> dict[str, str]:
    """Return for each job the newest run of the same script, which stands for it.

    The same script with other variables is another job, unless both made the same dataset.
    """
    made: dict[str, set[str]] = {job_id: set() for job_id in job_ids}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id in made:
                made[link.job_id].add(version.dataset)
    stands_for: dict[str, str] = {}
    newest: dict[tuple[str, str], list[str]] = {}
    for job_id in sorted(job_ids, key=lambda job_id: lineage.jobs[job_id].number, reverse=True):
        job = lineage.jobs[job_id]
        rivals = newest.setdefault((job.name, job.script), [])
        for rival in rivals:
            is_same = lineage.jobs[rival].environment == job.environment
            if is_same or made[rival] & made[job_id]:
                stands_for[job_id] = rival
                break
        else:
            rivals.append(job_id)
            stands_for[job_id] = job_id
    return stands_for


def _in_order(
    parents: Mapping[str, set[str]], lineage: Lineage, warnings: dict[str, None]
) -> tuple[PlannedJob, ...]:
    """Return the jobs, parents first and of equals the oldest; a circle is cut at its oldest."""
    children: dict[str, list[str]] = {job_id: [] for job_id in parents}
    for job_id, found in parents.items():
        for parent in found:
            children[parent].append(job_id)
    left = {job_id: len(found) for job_id, found in parents.items()}
    ready = [(lineage.jobs[job_id].number, job_id) for job_id, count in left.items() if not count]
    heapq.heapify(ready)
    positions: dict[str, int] = {}
    order: list[PlannedJob] = []
    while left:
        if not ready:
            oldest = _oldest_in_circle(left, parents, lineage)
            name = lineage.jobs[oldest].name
            warnings[f"{name} depends on what is made from it: it runs with what there is."] = None
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


def _oldest_in_circle(
    left: Collection[str], parents: Mapping[str, set[str]], lineage: Lineage
) -> str:
    """Return a job on a circle; each of `left` has a parent among them, so going up finds one."""
    way: dict[str, None] = {}
    job_id = min(left)
    while job_id not in way:
        way[job_id] = None
        job_id = min(parent for parent in parents[job_id] if parent in left)
    steps = [*way]
    circle = steps[steps.index(job_id) :]
    return min(circle, key=lambda job_id: lineage.jobs[job_id].number)


def _words(version: Version) -> str:
    return f"{version.dataset}@{version.version}"
