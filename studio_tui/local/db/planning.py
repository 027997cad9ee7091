"""Decides which jobs must run again, and in which order, to rebuild datasets; pure.

From the requested datasets it goes back to all their sources, up to listings of storages, which
every job can recreate, and likewise for all by-products of the jobs. A needed older version of a
dataset is replaced by its highest complete one. For each needed version, one job must run:
preferably one that is wanted anyway and reused the version from a checkpoint, rather than the job
that made it; preferably one that succeeded. Of several runs of the same script the newest
represents all; of several jobs that made the same dataset, the one linked to its highest complete
version does. Datasets without a job stay as they are, with a warning.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.local.db.by_products import ByProducts
from studio_tui.local.db.cycles import Cycles
from studio_tui.local.shim.datasets import DatasetName, is_listing, read_name, version_key


@dataclass(frozen=True)
class DatasetLink:
    """The relation of a job to a version."""

    job_id: str
    is_creator: bool
    """Whether it made the version; else it reused it from a checkpoint."""


@dataclass(frozen=True)
class DatasetSource:
    """A dataset that a version was made from."""

    dataset: str
    """`namespace.project.name`; empty if it is unknown by now."""
    version_id: int | None
    """`None` if the version is gone, or was never known."""


@dataclass(frozen=True)
class MadeVersion:
    """A dataset version that is, or was, complete."""

    dataset: str
    version: str
    is_removed: bool = False
    jobs: tuple[DatasetLink, ...] = ()
    sources: tuple[DatasetSource, ...] = ()


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
    """All known lineage: versions by id, and the jobs that they refer to, by id."""

    versions: Mapping[int, MadeVersion]
    jobs: Mapping[str, KnownJob]


@dataclass(frozen=True)
class PlannedJob:
    """A job to run again."""

    job_id: str
    parents: tuple[str, ...]
    """Jobs of the plan that must complete first."""


@dataclass(frozen=True)
class RebuildPlan:
    """Jobs to run again, parents before their children."""

    jobs: tuple[PlannedJob, ...]
    warnings: tuple[str, ...]
    """Sentences about what the plan leaves as it is."""


class UnknownDataset(Exception):  # noqa: N818 (reads as what is wrong)
    """Some of the named datasets have no known version; the arguments are their names as given."""

    def __str__(self) -> str:
        """Return the names."""
        return ", ".join(self.args)


def plan(targets: Iterable[str], lineage: Lineage) -> RebuildPlan:
    """Return the jobs that rebuild `targets`, each `[@]namespace.project.name[@version]`.

    Raises:
        UnknownDataset: One of them is not known.
    """
    warnings: dict[str, None] = {}
    found = _find(targets, lineage)
    current = CurrentVersions(lineage)
    by_products, wanted = ByProducts(lineage), dict.fromkeys(found)
    while True:
        needed = _needed([*wanted], lineage, current, by_products, warnings)
        chosen = _choose(needed, lineage, warnings)
        merged = _one_maker_each(_merge_runs(set(chosen.values()), lineage), found, lineage)
        # The sources of by-products must be rebuilt too.
        beside = by_products.of(merged.values()).difference(needed)
        if not beside:
            break
        wanted |= dict.fromkeys(sorted(beside))
    _warn_of_unmade(chosen, merged, lineage, warnings)
    parents: dict[str, set[str]] = {job_id: set() for job_id in merged.values()}
    for version_id, job_id in chosen.items():
        for source in lineage.versions[version_id].sources:
            parent = chosen.get(current.of(source.version_id))
            if parent is not None and merged[parent] != merged[job_id]:
                parents[merged[job_id]].add(merged[parent])
    return RebuildPlan(in_order(parents, lineage, warnings), tuple(warnings))


class CurrentVersions:
    """The current version of each dataset: the highest one made by a completed job."""

    def __init__(self, lineage: Lineage) -> None:
        self._versions = lineage.versions
        self._highest: dict[str, tuple[tuple[int, ...], int]] = {}
        for version_id, version in lineage.versions.items():
            if version.is_removed or not _complete_makers(version, lineage):
                continue
            rank = version_key(version.version), version_id
            self._highest[version.dataset] = max(self._highest.get(version.dataset, rank), rank)

    def is_current(self, version_id: int) -> bool:
        """Whether a version is the current one of its dataset."""
        highest = self._highest.get(self._versions[version_id].dataset)
        return highest is not None and highest[1] == version_id

    def of(self, version_id: int | None) -> int:
        """Return the current version for another; itself if there is none, -1 if it is unknown."""
        version = None if version_id is None else self._versions.get(version_id)
        if version_id is None or version is None:
            return -1
        highest = self._highest.get(version.dataset)
        return version_id if highest is None else highest[1]


def _find(targets: Iterable[str], lineage: Lineage) -> list[int]:
    """Return the version of each target: the named one, else the latest existing one."""
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
    named = {target: by_name.get(read_name(target)) for target in targets}
    if unknown := [target for target, version_id in named.items() if version_id is None]:
        raise UnknownDataset(*unknown)
    return [version_id for version_id in named.values() if version_id is not None]


def _needed(
    targets: Sequence[int],
    lineage: Lineage,
    current: CurrentVersions,
    by_products: ByProducts,
    warnings: dict[str, None],
) -> list[int]:
    """Return the targets and all their direct and indirect sources, nearest first, each once.

    Sources that nobody named by version are replaced by the current version of their dataset.
    """
    needed = dict.fromkeys(targets)
    waiting = [*needed]
    for version_id in waiting:
        version = lineage.versions[version_id]
        for source in version.sources:
            if is_listing(source.dataset):
                continue
            source_id = current.of(source.version_id)
            if source_id not in lineage.versions:
                gone = source.dataset or "a dataset"
                warnings[
                    f"{_words(version)} was made from a version of {gone} that is not known:"
                    " that version is not rebuilt."
                ] = None
            elif source_id not in needed:
                needed[source_id] = None
                waiting.append(source_id)
        for other in by_products.certain(version_id):
            if other not in needed:
                needed[other] = None
                waiting.append(other)
    return [*needed]


def _choose(needed: Sequence[int], lineage: Lineage, warnings: dict[str, None]) -> dict[int, str]:
    """Return the job that is to make each version; versions with only one job come first."""
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
            warnings[f"No known job made {words}: it is not rebuilt."] = None
    return chosen


def _preference(
    link: DatasetLink, wanted: set[str], lineage: Lineage
) -> tuple[bool, bool, bool, int]:
    job = lineage.jobs[link.job_id]
    return link.job_id in wanted, job.is_complete, link.is_creator, job.number


def _merge_runs(job_ids: set[str], lineage: Lineage) -> dict[str, str]:
    """Return, for each job, the newest run of the same script.

    The same script with other variables is another job, unless both made the same dataset.
    """
    made = _made_by(job_ids, lineage)
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


def _made_by(job_ids: Collection[str], lineage: Lineage) -> dict[str, set[str]]:
    """Return the datasets of which each job made or reused a version."""
    made: dict[str, set[str]] = {job_id: set() for job_id in job_ids}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id in made:
                made[link.job_id].add(version.dataset)
    return made


def _one_maker_each(
    merged: Mapping[str, str], targets: Collection[int], lineage: Lineage
) -> dict[str, str]:
    """Return the representative of each job, so that no two representatives make one dataset.

    A job that makes more of the targets goes before one that made a higher version.
    """
    left = set(merged.values())
    made = _made_by(left, lineage)
    ranks = _ranks(left, {lineage.versions[at].dataset for at in targets}, lineage)
    rivals = _rivals(made)
    stands_for: dict[str, str] = {}
    while left:
        best = {
            dataset: max(found, key=lambda job_id: ranks[dataset, job_id])
            for dataset, found in _makers(left, made).items()
        }
        first = [job_id for job_id in left if all(best[at] == job_id for at in made[job_id])]
        # Each of two may be preferred for another dataset: then the newest job decides.
        kept = first or [max(left, key=lambda job_id: lineage.jobs[job_id].number)]
        for job_id in sorted(kept, key=lambda job_id: -lineage.jobs[job_id].number):
            for rival in (rivals[job_id] & left) | {job_id}:
                stands_for[rival] = job_id
                left.discard(rival)
    return {job_id: stands_for[maker] for job_id, maker in merged.items()}


_Rank = tuple[int, bool, tuple[int, ...], int]


def _ranks(
    job_ids: Collection[str], targets: Collection[str], lineage: Lineage
) -> dict[tuple[str, str], _Rank]:
    """Return, by dataset and job, the rank of the job as the dataset's maker; the highest wins."""
    wanted = {
        job_id: len(found & {*targets}) for job_id, found in _made_by(job_ids, lineage).items()
    }
    ranks: dict[tuple[str, str], _Rank] = {}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id not in wanted:
                continue
            job, key = lineage.jobs[link.job_id], (version.dataset, link.job_id)
            is_whole = job.is_complete and not version.is_removed
            rank = wanted[link.job_id], is_whole, version_key(version.version), job.number
            ranks[key] = max(ranks.get(key, rank), rank)
    return ranks


def _makers(job_ids: Iterable[str], made: Mapping[str, set[str]]) -> dict[str, list[str]]:
    makers: dict[str, list[str]] = {}
    for job_id in job_ids:
        for dataset in made[job_id]:
            makers.setdefault(dataset, []).append(job_id)
    return makers


def _rivals(made: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return, for each job, the others that made one of its datasets."""
    makers = _makers(made, made)
    return {
        job_id: {rival for dataset in found for rival in makers[dataset]} - {job_id}
        for job_id, found in made.items()
    }


def _warn_of_unmade(
    chosen: Mapping[int, str],
    merged: Mapping[str, str],
    lineage: Lineage,
    warnings: dict[str, None],
) -> None:
    """Warn of datasets that were made by replaced jobs and not by those that replace them."""
    made = _made_by(set(merged.values()), lineage)
    remade = {dataset for found in made.values() for dataset in found}
    for version_id, job_id in chosen.items():
        dataset = lineage.versions[version_id].dataset
        if dataset not in remade:
            name, instead = lineage.jobs[job_id].name, lineage.jobs[merged[job_id]].name
            warnings[
                f"{dataset} was made by {name}, which {instead} replaces; that job makes other"
                " datasets, but not this one: it is not rebuilt."
            ] = None


def _complete_makers(version: MadeVersion, lineage: Lineage) -> bool:
    """Whether a completed job is known to have made or reused a version."""
    return any(
        link.job_id in lineage.jobs and lineage.jobs[link.job_id].is_complete
        for link in version.jobs
    )


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


def _words(version: MadeVersion) -> str:
    return f"{version.dataset}@{version.version}"
