"""What a pipeline's states come to: what is blocked and by whom, and how many jobs stand where.

It is reckoned anew from each answer, in one pass from parents to children.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from studio_tui.api.models import JobState, PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.states import LOOKS, Count, Look, state_cell
from studio_tui.presentation.pipelines.graph.plan import Plan


class Shown(StrEnum):
    """Where a job of a pipeline stands, for the reader; the order is that of counts."""

    DONE = "done"
    RUNNING = "running"
    """It has a machine, though it may still be starting."""
    QUEUED = "queued"
    """Studio has let it go; it needs a free worker."""
    FAILED = "failed"
    BLOCKED = "blocked"
    """It waits below a job that failed or was canceled, and so will not start."""
    WAITING = "waiting"
    """Studio has not let it go yet."""
    CANCELED = "canceled"
    """Or on its way there."""
    UNKNOWN = "unknown"
    """Studio's word is not known here, and nothing is made of it."""


SHOWN = {
    JobState.COMPLETE: Shown.DONE,
    JobState.RUNNING: Shown.RUNNING,
    JobState.INIT: Shown.RUNNING,
    JobState.PROVISIONING: Shown.RUNNING,
    JobState.QUEUED: Shown.QUEUED,
    JobState.SCHEDULED: Shown.QUEUED,
    JobState.FAILED: Shown.FAILED,
    JobState.PENDING: Shown.WAITING,
    JobState.CREATED: Shown.WAITING,
    JobState.CANCELED: Shown.CANCELED,
    JobState.CANCELING: Shown.CANCELED,
    JobState.CANCELING_SCHEDULED: Shown.CANCELED,
    JobState.TASK: Shown.UNKNOWN,
    JobState.UNKNOWN: Shown.UNKNOWN,
}

BLOCKED = Look("⊘", Tone.WARN, LOOKS[JobState.PENDING].rank + 1)
"""How a blocked job looks; Studio has no such state."""

SHOWN_LOOKS = {
    Shown.DONE: LOOKS[JobState.COMPLETE],
    Shown.RUNNING: LOOKS[JobState.RUNNING],
    Shown.QUEUED: LOOKS[JobState.QUEUED],
    Shown.FAILED: LOOKS[JobState.FAILED],
    Shown.BLOCKED: BLOCKED,
    Shown.WAITING: LOOKS[JobState.PENDING],
    Shown.CANCELED: LOOKS[JobState.CANCELED],
    Shown.UNKNOWN: LOOKS[JobState.UNKNOWN],
}
"""How many jobs look that stand in the same place."""

WORST_FIRST = (
    *(Shown.FAILED, Shown.RUNNING, Shown.QUEUED, Shown.UNKNOWN),
    *(Shown.CANCELED, Shown.WAITING, Shown.BLOCKED, Shown.DONE),
)
"""What is said first of many jobs: what failed, then what moves, then what does not."""

_ALWAYS_COUNTED = frozenset({Shown.DONE, Shown.RUNNING, Shown.FAILED})
_STOPPED = frozenset({JobState.FAILED, JobState.CANCELED})


@dataclass(frozen=True)
class Verdicts:
    """Where each job of a pipeline stands, as of one answer."""

    plan: Plan
    state: PipelineState
    """Of the pipeline."""
    shown: Mapping[str, Shown]
    """By node."""
    roots: Mapping[str, int]
    """Jobs that failed or were canceled by themselves, and not for want of a parent, in the plan's
    order; and how many jobs each blocks. A job can be blocked by many."""
    numbers: Mapping[Shown, int]
    """How many jobs stand where; they add up to the jobs of the plan."""
    causes: Mapping[str, int]
    """By node that has any: a bit for each of `roots` that it stands below, or is."""

    def blocked_by(self, node_id: str) -> tuple[str, ...]:
        """Return the roots that keep a job from starting; nothing for a job that is not blocked."""
        if self.shown[node_id] is not Shown.BLOCKED:
            return ()
        causes = self.causes[node_id]
        return tuple(root for bit, root in enumerate(self.roots) if causes >> bit & 1)

    def look(self, node_id: str) -> Look:
        """Return how a job looks."""
        is_blocked = self.shown[node_id] is Shown.BLOCKED
        return BLOCKED if is_blocked else LOOKS[self.plan.nodes[node_id].state]

    def state_cell(self, node_id: str) -> Cell:
        """Return glyph and word of a job's state."""
        if self.shown[node_id] is Shown.BLOCKED:
            return Cell(f"{BLOCKED.glyph} BLOCKED", BLOCKED.tone)
        return state_cell(self.plan.nodes[node_id])

    def blocks(self, node_id: str) -> bool:
        """Whether a job that failed or was canceled keeps others from running."""
        if self.plan.nodes[node_id].state not in _STOPPED:
            return False
        children = self.plan.nodes[node_id].children
        is_next = any(self.shown[child] is Shown.BLOCKED for child in children)
        return is_next or self.roots.get(node_id, 0) > 0

    @property
    def problems(self) -> frozenset[str]:
        """What failed or was canceled, and what that blocks."""
        bad = {Shown.FAILED, Shown.CANCELED, Shown.BLOCKED}
        return frozenset(node_id for node_id, kind in self.shown.items() if kind in bad)

    @property
    def root_failures(self) -> tuple[str, ...]:
        """The roots that failed, without those that were canceled."""
        return tuple(root for root in self.roots if self.shown[root] is Shown.FAILED)


def judge(plan: Plan, state: PipelineState) -> Verdicts:
    """Return where each job of a pipeline in that state stands.

    A job that has ended well lets nothing through from above it: what failed there, failed before
    it was run again. Of a job whose word is not known nothing is concluded.
    """
    shown: dict[str, Shown] = {}
    causes: dict[str, int] = {}
    roots: list[str] = []
    for node_id, node in plan.nodes.items():
        kind = SHOWN[node.state]
        is_stopped = node.state in _STOPPED
        if is_stopped or kind is Shown.WAITING:
            above = 0
            for parent in node.parents:
                above |= causes.get(parent, 0)
            if above and not is_stopped:
                kind = Shown.BLOCKED
            elif is_stopped and not above:
                above = 1 << len(roots)
                roots.append(node_id)
            if above:
                causes[node_id] = above
        shown[node_id] = kind
    numbers = Counter(shown.values())
    return Verdicts(
        plan,
        state,
        MappingProxyType(shown),
        MappingProxyType(_blocked_by_root(roots, shown, causes)),
        MappingProxyType({kind: numbers[kind] for kind in Shown}),
        MappingProxyType(causes),
    )


def _blocked_by_root(
    roots: list[str], shown: Mapping[str, Shown], causes: Mapping[str, int]
) -> dict[str, int]:
    # Most of what is blocked is blocked by the same, so equal sets of roots are counted together.
    same = Counter(above for node_id, above in causes.items() if shown[node_id] is Shown.BLOCKED)
    blocked = dict.fromkeys(roots, 0)
    for above, jobs in same.items():
        rest = above
        while rest:
            lowest = rest & -rest
            blocked[roots[lowest.bit_length() - 1]] += jobs
            rest ^= lowest
    return blocked


def counts(numbers: Mapping[Shown, int]) -> tuple[Count, ...]:
    """Return how many jobs stand where; places without a job are left out.

    Done, running and failed are not: their zero is news too.
    """
    return tuple(
        Count(SHOWN_LOOKS[kind].glyph, numbers[kind], kind.value, SHOWN_LOOKS[kind].tone)
        for kind in Shown
        if numbers[kind] or kind in _ALWAYS_COUNTED
    )


def paused_words(verdicts: Verdicts) -> str:
    """Return what a pause means now: `paused: 14 still running, 332 will not start …`.

    Nothing for a pipeline that is not paused. What is queued Studio has let go already; what is
    blocked would not start without the pause either.
    """
    if verdicts.state is not PipelineState.PAUSED:
        return ""
    parts = [
        f"{verdicts.numbers[kind]} {words}"
        for kind, words in (
            (Shown.RUNNING, "still running"),
            (Shown.QUEUED, "still queued"),
            (Shown.WAITING, "will not start until resumed (p)"),
        )
        if verdicts.numbers[kind]
    ]
    return f"paused: {', '.join(parts)}" if parts else "paused"


def root_words(verdicts: Verdicts) -> str:
    """Return `3 root failures`; nothing where nothing failed."""
    failures = len(verdicts.root_failures)
    return plural(failures, "root failure") if failures else ""
