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

from studio_tui.local.shim.datasets import DatasetName, is_listing, read_name, version_key


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
    needed = _needed(_find(targets, lineage), lineage, warnings)
    chosen = _choose(needed, lineage, warnings)
    merged = _merge_runs(set(chosen.values()), lineage)
    parents: dict[str, set[str]] = {job_id: set() for job_id in merged.values()}
    for version_id, job_id in chosen.items():
        for source in lineage.versions[version_id].sources:
            parent = chosen.get(source.version_id) if source.version_id is not None else None
            if parent is not None and merged[parent] != merged[job_id]:
                parents[merged[job_id]].add(merged[parent])
    return Plan(_in_order(parents, lineage, warnings), tuple(warnings))


def _find(targets: Iterable[str], lineage: Lineage) -> list[int]:
    """Return the version that each target names, the latest that is there if it names none."""
    versions = sorted(
        (version_key(version.version), version_id)
        for version_id, version in lineage.versions.items()
    )
    by_name: dict[DatasetName | None, int] = {}
    for _key, version_id in versions:
        version = lineage.versions[version_id]
        by_name[DatasetName(version.dataset, version.version)] = version_id
        if not version.is_removed:
            by_name[DatasetName(version.dataset, None)] = version_id
    found = []
    for target in targets:
        version_named = by_name.get(read_name(target))
        if version_named is None:
            raise UnknownDataset(target)
        found.append(version_named)
    return found


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
    newest: dict[tuple[str, str, str, bool], str] = {}
    for job_id in sorted(job_ids, key=lambda job_id: lineage.jobs[job_id].number, reverse=True):
        job = lineage.jobs[job_id]
        same = [
            (job.name, job.script, job.environment, True),
            *((job.name, job.script, dataset, False) for dataset in made[job_id]),
        ]
        rivals = [newest[alike] for alike in same if alike in newest]
        if rivals:
            stands_for[job_id] = max(rivals, key=lambda rival: lineage.jobs[rival].number)
        else:
            stands_for[job_id] = job_id
            for alike in same:
                newest[alike] = job_id
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
    circles = _Circles(parents, lineage)
    positions: dict[str, int] = {}
    order: list[PlannedJob] = []
    while left:
        if not ready:
            oldest = circles.oldest(left)
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


class _Circles:
    """Finds circles among the jobs that are left, going on from where the last one was found."""

    def __init__(self, parents: Mapping[str, set[str]], lineage: Lineage) -> None:
        self._parents = parents
        self._lineage = lineage
        self._starts = iter(sorted(parents))
        self._way: list[str] = []
        """From a job to one of its parents, to one of that one's, and so on."""
        self._places: dict[str, int] = {}
        """Of the jobs in `_way`."""

    def oldest(self, left: Collection[str]) -> str:
        """Return the oldest job of a circle, which then goes; each of `left` has a parent there."""
        while self._way and self._way[-1] not in left:
            self._step_back()
        if self._way:
            job_id = self._parent(self._way[-1], left)
        else:
            job_id = next(start for start in self._starts if start in left)
        while job_id not in self._places:
            self._places[job_id] = len(self._way)
            self._way.append(job_id)
            job_id = self._parent(job_id, left)
        circle = self._way[self._places[job_id] :]
        oldest = min(circle, key=lambda job_id: self._lineage.jobs[job_id].number)
        while self._step_back() != oldest:
            pass
        return oldest

    def _parent(self, job_id: str, left: Collection[str]) -> str:
        return min(parent for parent in self._parents[job_id] if parent in left)

    def _step_back(self) -> str:
        job_id = self._way.pop()
        del self._places[job_id]
        return job_id


def _words(version: Version) -> str:
    return f"{version.dataset}@{version.version}"
