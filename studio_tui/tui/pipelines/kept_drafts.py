"""Drafts of forms about datasets: unfinished input, saved in memory for the next form."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

Draft = TypeVar("Draft")

RESTORED = "This is the form as you left it; f3 starts over."


@dataclass(frozen=True, slots=True)
class Beginning(Generic[Draft]):
    """What a form begins with: a draft, the draft of a new form, and how to save its input."""

    draft: Draft
    fresh: Draft
    keep: Callable[[Draft], None]
    """Saves a draft for the next form; called with `fresh`, it deletes the saved one."""

    @property
    def is_restored(self) -> bool:
        return self.draft != self.fresh


class KeptDrafts(Generic[Draft]):
    """The saved drafts, by subject, so that none appears in a form about other datasets."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def begin(self, subject: str, fresh: Draft) -> Beginning[Draft]:
        """Return what a form starts with; `subject` is the datasets that it proposes, or empty."""
        keep = partial(self._keep, subject, fresh)
        return Beginning(self._drafts.get(subject, fresh), fresh, keep)

    def _keep(self, subject: str, fresh: Draft, draft: Draft) -> None:
        if draft == fresh:
            self._drafts.pop(subject, None)
        else:
            self._drafts[subject] = draft
