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
_COUNT = re.compile(r",? and \d+ (?:more|others?)\b")


class RootFailure(NamedTuple):
    """A job that failed by itself, and its run if it is loaded."""

    node: Node
    job: Job | None

    @property
    def why(self) -> str:
        """The cause in one line; empty if unknown."""
        return cause_of(self.job) if self.job is not None else ""

    def is_named_in(self, message: str) -> bool:
        """Whether a message names the job or its run."""
        return any(each in message and _whole_word(each).search(message) for each in self._names)

    @property
    def words(self) -> Iterator[str]:
        """The words of its name, ids and error."""
        error = self.job.error_message if self.job is not None else None
        for text in (*self._names, error or "", self.why):
            yield from _lower_words(text)

    @property
    def _names(self) -> tuple[str, ...]:
        node = self.node
        return tuple(filter(None, (node.run, node.id, node.run and node.run[:SHORT_ID], node.name)))


def says_more(message: str, failures: Iterable[RootFailure]) -> bool:
    """Return whether a message has words that are not in the names, ids and errors of `failures`.

    Numbers and common words such as `failed` do not count.
    """
    reported = {*_COMMON_WORDS, *chain.from_iterable(failure.words for failure in failures)}
    return any(word not in reported and not word.isdigit() for word in _lower_words(message))


def without_count(message: str) -> str:
    """Return a message without its count of further jobs, such as `, and 3 more`."""
    return _COUNT.sub("", message)


def _lower_words(text: str) -> Iterator[str]:
    return (match[0].lower() for match in _WORD.finditer(text))


def _whole_word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
