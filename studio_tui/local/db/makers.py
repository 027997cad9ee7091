"""Which job is to make each dataset, where several have made it; pure.

For each version, one job must run: preferably one that is wanted anyway and reused the version from
a checkpoint, rather than the job that made it; preferably one that succeeded. Of several runs of
the same script the newest represents all; of several jobs that made the same dataset, the one
linked to its highest complete version does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from studio_tui.local.db.lineage_model import DatasetLink, Lineage
from studio_tui.local.shim.datasets import version_key


def choose_makers(
    needed: Sequence[int], lineage: Lineage, warnings: dict[str, None]
) -> dict[int, str]:
    """Return the job that is to make each version; versions with only one job come first."""
    links = {
        version_id: [
            link for link in lineage.versions[version_id].jobs if link.job_id in lineage.jobs
        ]
        for version_id in needed
    }
    chosen = {at: candidates[0].job_id for at, candidates in links.items() if len(candidates) == 1}
    wanted = set(chosen.values())
    for version_id, candidates in links.items():
        if len(candidates) > 1:
            best = max(candidates, key=lambda link: _preference(link, wanted, lineage))
            chosen[version_id] = best.job_id
            wanted.add(best.job_id)
        elif not candidates:
            version = lineage.versions[version_id]
            warnings[f"No known job made {version}: it is not rebuilt."] = None
    return chosen


def _preference(
    link: DatasetLink, wanted: set[str], lineage: Lineage
) -> tuple[bool, bool, bool, int]:
    job = lineage.jobs[link.job_id]
    return link.job_id in wanted, job.is_complete, link.is_creator, job.number


def merge_runs(job_ids: set[str], lineage: Lineage) -> dict[str, str]:
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


def one_maker_each(
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


def warn_of_unmade(
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
