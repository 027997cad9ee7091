"""What is known, how old it is and what went wrong since: a frozen picture for the screens."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from studio_tui.errors import StudioError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """The latest value of one question put to Studio, and the state of the asking."""

    value: T | None = None
    """The last good answer; `None` until there is one. Kept while later questions fail."""
    fetched_at: datetime | None = None
    """When Studio last confirmed the value; `None` until it has."""
    due_at: datetime | None = None
    """When it is asked next after a good answer; `None` when nobody has said."""
    error: StudioError | None = None
    """Why the latest question failed; `None` when it did not."""
    failing_since: datetime | None = None
    """When the first of the failures in a row happened."""
    next_try_at: datetime | None = None
    """When it is asked again after a failure; `None` when nothing failed or it is not to be."""
    stopped: bool = False
    """Whether asking has ended until it is restarted, because the token was refused."""
    is_recalled: bool = False
    """Whether the value is from an earlier run, and Studio has not answered in this one."""
    stands_at: datetime | None = field(default=None, compare=False)
    """When it was first told that questions fail; `None` while they do not."""

    def moment(self, now: datetime) -> datetime:
        """Return the moment of which the value is shown: the present, unless questions fail.

        A job that ran when it was last heard of may have ended since, so its time stands still
        then; it does not go back to the last answer, as it was shown running on until then. What
        an earlier run knew is shown as it was then.
        """
        if self.is_recalled and self.fetched_at is not None:
            return self.fetched_at
        if self.error is None:
            return now
        return self.stands_at or self.fetched_at or now
