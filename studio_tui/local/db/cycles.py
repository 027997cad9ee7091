"""Finds cycles among jobs that wait for each other, one after the other; pure."""

from collections.abc import Callable, Collection, Mapping


class Cycles:
    """Finds cycles among the remaining jobs, continuing from where the last one was found."""

    def __init__(self, parents: Mapping[str, set[str]], number: Callable[[str], int]) -> None:
        """Initialise with each job's parents, and its number in the order of creation."""
        self._parents = parents
        self._number = number
        self._starts = iter(sorted(parents))
        self._way: list[str] = []
        """A path from a job to one of its parents, to one of that job's parents, and so on."""
        self._places: dict[str, int] = {}
        """Index of each job in `_way`."""

    def oldest(self, left: Collection[str]) -> str:
        """Return the oldest job of a cycle among `left`, each of which has a parent there.

        The caller must remove it from `left` before the next call.
        """
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
        cycle = self._way[self._places[job_id] :]
        oldest = min(cycle, key=self._number)
        while self._step_back() != oldest:
            pass
        return oldest

    def _parent(self, job_id: str, left: Collection[str]) -> str:
        return min(parent for parent in self._parents[job_id] if parent in left)

    def _step_back(self) -> str:
        job_id = self._way.pop()
        del self._places[job_id]
        return job_id
