"""By-products of jobs, whose sources must then be up to date as well; pure."""

from collections import Counter
from collections.abc import Collection, Iterable

from studio_tui.local.db.lineage_model import Lineage
from studio_tui.local.shim.datasets import version_key


class ByProducts:
    """The latest version that each job has made of each of its datasets."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        latest: dict[str, dict[str, tuple[tuple[int, ...], int]]] = {}
        makers: dict[str, set[str]] = {}
        for version_id, version in lineage.versions.items():
            rank = version_key(version.version), version_id
            for link in version.jobs:
                if link.job_id in lineage.jobs:
                    own = latest.setdefault(link.job_id, {})
                    own[version.dataset] = max(own.get(version.dataset, rank), rank)
                    makers.setdefault(version.dataset, set()).add(link.job_id)
        self._latest = {
            job_id: tuple(sorted(version_id for _, version_id in own.values()))
            for job_id, own in latest.items()
        }
        scripts = Counter(map(self._script, self._latest))
        self._undisputed = {
            job_id
            for job_id, own in latest.items()
            if scripts[self._script(job_id)] == 1
            and all(len(makers[dataset]) == 1 for dataset in own)
        }

    def of(self, job_ids: Iterable[str]) -> set[int]:
        """Return what these jobs have made."""
        return {version_id for job_id in job_ids for version_id in self._latest[job_id]}

    def certain(self, version_id: int) -> Collection[int]:
        """Return all that the job of a version makes, if no other job could make any of it.

        It is known at once, before it is decided which of several jobs are to make the others.
        """
        links = self._lineage.versions[version_id].jobs
        if len(links) == 1 and links[0].job_id in self._undisputed:
            return self._latest[links[0].job_id]
        return ()

    def _script(self, job_id: str) -> tuple[str, str]:
        job = self._lineage.jobs[job_id]
        return job.name, job.script
