"""Chooses the job that is to make each dataset if several jobs have made it; pure.

For each version one job must run. The preference is, in this order: a job that must run anyway, a
job that completed, a job that made the version and did not reuse it, the newest job. Of several
runs of the same script, the newest runs in place of all. Of several jobs that made the same
dataset, the job that made the most of the requested datasets runs in place of all; of equal ones,
the job that made the highest complete version.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from studio_tui.local.db.lineage_model import DatasetLink, Lineage
from studio_tui.local.shim.datasets import version_key


def choose_makers(
    needed: Sequence[int], lineage: Lineage, warnings: dict[str, None]
) -> dict[int, str]:
    """Return the job that is to make each version, and warn of each version without a job.

    Here and below, warnings are added as keys of `warnings`.
    """
    links = {
        version_id: [
            link for link in lineage.versions[version_id].jobs if link.job_id in lineage.jobs
        ]
        for version_id in needed
    }
    # Versions with only one candidate first, as their jobs are preferred for the other versions.
    chosen = {
        version_id: candidates[0].job_id
        for version_id, candidates in links.items()
        if len(candidates) == 1
    }
    chosen_jobs = set(chosen.values())
    for version_id, candidates in links.items():
        if len(candidates) > 1:
            best = max(candidates, key=lambda link: _preference(link, chosen_jobs, lineage))
            chosen[version_id] = best.job_id
            chosen_jobs.add(best.job_id)
        elif not candidates:
            version = lineage.versions[version_id]
            warnings[f"No known job made {version}: it is not rebuilt."] = None
    return chosen


def _preference(
    link: DatasetLink, chosen_jobs: set[str], lineage: Lineage
) -> tuple[bool, bool, bool, int]:
    job = lineage.jobs[link.job_id]
    return link.job_id in chosen_jobs, job.is_complete, link.is_creator, job.number


def merge_runs(job_ids: set[str], lineage: Lineage) -> dict[str, str]:
    """Return, for each job, the newest run of the same script, which replaces the job.

    Two jobs run the same script if their names and queries are equal, and either their variables
    are equal or both made or reused the same dataset.
    """
    datasets_of = datasets_by_job(job_ids, lineage)
    replacements: dict[str, str] = {}
    newest: dict[tuple[str, str, str, bool], str] = {}
    for job_id in sorted(job_ids, key=lambda job_id: lineage.jobs[job_id].number, reverse=True):
        job = lineage.jobs[job_id]
        keys = [
            (job.name, job.script, job.environment, True),
            *((job.name, job.script, dataset, False) for dataset in datasets_of[job_id]),
        ]
        newer_runs = [newest[key] for key in keys if key in newest]
        if newer_runs:
            replacements[job_id] = max(newer_runs, key=lambda run: lineage.jobs[run].number)
        else:
            replacements[job_id] = job_id
            for key in keys:
                newest[key] = job_id
    return replacements


def datasets_by_job(job_ids: Collection[str], lineage: Lineage) -> dict[str, set[str]]:
    """Return the datasets that each job has made or reused."""
    datasets_of: dict[str, set[str]] = {job_id: set() for job_id in job_ids}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id in datasets_of:
                datasets_of[link.job_id].add(version.dataset)
    return datasets_of


def one_maker_each(
    merged: Mapping[str, str], targets: Collection[int], lineage: Lineage
) -> dict[str, str]:
    """Return, for each job, the job that runs in its place, so that no two make the same dataset.

    `merged` is the result of `merge_runs`, and `targets` are the requested versions.
    """
    undecided = set(merged.values())
    datasets_of = datasets_by_job(undecided, lineage)
    target_datasets = {lineage.versions[version_id].dataset for version_id in targets}
    ranks = _ranks(undecided, target_datasets, lineage)
    rivals = _rivals(datasets_of)
    replacements: dict[str, str] = {}
    while undecided:
        best = {
            dataset: max(makers, key=lambda job_id: ranks[dataset, job_id])
            for dataset, makers in _makers_by_dataset(undecided, datasets_of).items()
        }
        best_for_all = [
            job_id
            for job_id in undecided
            if all(best[dataset] == job_id for dataset in datasets_of[job_id])
        ]
        # If no job is the best for all datasets that it makes, the newest job runs.
        chosen = best_for_all or [max(undecided, key=lambda job_id: lineage.jobs[job_id].number)]
        for job_id in sorted(chosen, key=lambda job_id: -lineage.jobs[job_id].number):
            for rival in (rivals[job_id] & undecided) | {job_id}:
                replacements[rival] = job_id
                undecided.discard(rival)
    return {job_id: replacements[run] for job_id, run in merged.items()}


_Rank = tuple[int, bool, tuple[int, ...], int]
"""Number of target datasets, whether the version is usable, its sort key, number of the job."""


def _ranks(
    job_ids: Collection[str], targets: Collection[str], lineage: Lineage
) -> dict[tuple[str, str], _Rank]:
    """Return, by dataset and job, the rank of the job as maker of the dataset; the highest wins."""
    target_counts = {
        job_id: len(datasets & {*targets})
        for job_id, datasets in datasets_by_job(job_ids, lineage).items()
    }
    ranks: dict[tuple[str, str], _Rank] = {}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id not in target_counts:
                continue
            job, key = lineage.jobs[link.job_id], (version.dataset, link.job_id)
            is_usable = job.is_complete and not version.is_removed
            targets_made = target_counts[link.job_id]
            rank = targets_made, is_usable, version_key(version.version), job.number
            ranks[key] = max(ranks.get(key, rank), rank)
    return ranks


def _makers_by_dataset(
    job_ids: Iterable[str], datasets_of: Mapping[str, set[str]]
) -> dict[str, list[str]]:
    makers: dict[str, list[str]] = {}
    for job_id in job_ids:
        for dataset in datasets_of[job_id]:
            makers.setdefault(dataset, []).append(job_id)
    return makers


def _rivals(datasets_of: Mapping[str, set[str]]) -> dict[str, set[str]]:
    makers = _makers_by_dataset(datasets_of, datasets_of)
    return {
        job_id: {rival for dataset in datasets for rival in makers[dataset]} - {job_id}
        for job_id, datasets in datasets_of.items()
    }


def warn_of_unmade(
    chosen: Mapping[int, str],
    merged: Mapping[str, str],
    lineage: Lineage,
    warnings: dict[str, None],
) -> None:
    """Add warnings about datasets that are not made by the jobs that replace their makers.

    `chosen` has the job of each version, and `merged` the job that runs in its place.
    """
    datasets_of = datasets_by_job(set(merged.values()), lineage)
    remade = {dataset for datasets in datasets_of.values() for dataset in datasets}
    for version_id, job_id in chosen.items():
        dataset = lineage.versions[version_id].dataset
        if dataset not in remade:
            name, instead = lineage.jobs[job_id].name, lineage.jobs[merged[job_id]].name
            warnings[
                f"{dataset} is not rebuilt: it was made by {name}, and {instead}, which runs"
                " instead, does not make it."
            ] = None
