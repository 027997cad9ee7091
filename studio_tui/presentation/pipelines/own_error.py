"""Whether a pipeline's own error says more than the errors of its jobs, which are shown, too."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.presentation.format import SHORT_ID
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.pipelines.graph.plan import Node

_COMMON_WORDS = frozenset({
    "job", "jobs", "run", "runs", "has", "have", "failed", "failure", "failures", "error", "errors",
    "with", "because", "and", "more", "other", "others",
})  # fmt: skip
_WORD = re.compile(r"\w+")


class RootFailure(NamedTuple):
    """A job that failed by itself, and its run if it is loaded."""

    node: Node
    job: Job | None

    @property
    def why(self) -> str:
        """The cause in one line; empty if unknown."""
        return cause_of(self.job) if self.job is not None else ""

    @property
    def words(self) -> Iterator[str]:
        """The words of its name, ids and error."""
        node, error = self.node, self.job.error_message if self.job is not None else None
        run = node.run or ""
        for text in (run, node.id, run[:SHORT_ID], node.name, error or "", self.why):
            yield from _lower_words(text)


def says_more(message: str, failures: Iterable[RootFailure]) -> bool:
    """Return whether a message has words that are not in the names, ids and errors of `failures`.

    Numbers and common words such as `failed` do not count.
    """
    reported = {*_COMMON_WORDS, *chain.from_iterable(failure.words for failure in failures)}
    return any(word not in reported and not word.isdigit() for word in _lower_words(message))


def _lower_words(text: str) -> Iterator[str]:
    return (match[0].lower() for match in _WORD.finditer(text))
