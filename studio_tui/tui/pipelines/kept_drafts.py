"""Unfinished input of forms about datasets, kept while the dashboard runs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

Draft = TypeVar("Draft")

RESTORED = "This is the form as you left it; f3 starts anew."
"""A message of a form that starts with a kept draft."""


@dataclass(frozen=True, slots=True)
class Beginning(Generic[Draft]):
    """What a form starts with."""

    draft: Draft
    fresh: Draft
    """What it would start with if nothing were kept."""
    keep: Callable[[Draft], None]
    """Keeps the input for the next time; the fresh one instead removes what is kept."""

    @property
    def is_restored(self) -> bool:
        """Whether it starts with a kept draft."""
        return self.draft != self.fresh


class KeptDrafts(Generic[Draft]):
    """One draft for each subject, so that none appears in a form about something else."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def begin(self, subject: str, fresh: Draft) -> Beginning[Draft]:
        """Return what a form about `subject` starts with; `""` is a form about nothing yet."""
        keep = partial(self._keep, subject, fresh)
        return Beginning(self._drafts.get(subject, fresh), fresh, keep)

    def _keep(self, subject: str, fresh: Draft, draft: Draft) -> None:
        if draft == fresh:
            self._drafts.pop(subject, None)
        else:
            self._drafts[subject] = draft
