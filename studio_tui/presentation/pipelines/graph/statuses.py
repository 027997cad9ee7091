"""Derived states of a pipeline's jobs: which are blocked by which, and counts by state.

Computed for each response in one pass from parents to children.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.states import BLOCKED, LOOKS, Count, StateLook, state_cell
from studio_tui.presentation.pipelines.graph.plan import Node, Plan


class NodeState(StrEnum):
    """State of a pipeline's job as shown to the user, in the order of counts."""

    DONE = "done"
    RUNNING = "running"
    """It has a machine, but may still be starting."""
    QUEUED = "queued"
    """Released by Studio; waiting for a free worker."""
    FAILED = "failed"
    BLOCKED = "blocked"
    """It depends on a job that failed or was canceled, and so will not start."""
    WAITING = "waiting"
    """Not released by Studio yet."""
    CANCELING = "canceling"
    """It is being canceled, and has not ended."""
    CANCELED = "canceled"
    SCHEDULE = "schedule"
    """It creates jobs and does not run itself."""
    UNKNOWN = "unknown"
    """Studio's status is not known here."""


SHOWN = {
    JobState.COMPLETE: NodeState.DONE,
    JobState.RUNNING: NodeState.RUNNING,
    JobState.INIT: NodeState.RUNNING,
    JobState.PROVISIONING: NodeState.RUNNING,
    JobState.QUEUED: NodeState.QUEUED,
    JobState.SCHEDULED: NodeState.QUEUED,
    JobState.FAILED: NodeState.FAILED,
    JobState.PENDING: NodeState.WAITING,
    JobState.CREATED: NodeState.WAITING,
    JobState.CANCELED: NodeState.CANCELED,
    JobState.CANCELING: NodeState.CANCELING,
    JobState.CANCELING_SCHEDULED: NodeState.CANCELING,
    JobState.TASK: NodeState.SCHEDULE,
    JobState.UNKNOWN: NodeState.UNKNOWN,
}

SHOWN_LOOKS = {
    NodeState.DONE: LOOKS[JobState.COMPLETE],
    NodeState.RUNNING: LOOKS[JobState.RUNNING],
    NodeState.QUEUED: LOOKS[JobState.QUEUED],
    NodeState.FAILED: LOOKS[JobState.FAILED],
    NodeState.BLOCKED: BLOCKED,
    NodeState.WAITING: LOOKS[JobState.PENDING],
    NodeState.CANCELING: LOOKS[JobState.CANCELING],
    NodeState.CANCELED: LOOKS[JobState.CANCELED],
    NodeState.SCHEDULE: LOOKS[JobState.TASK],
    NodeState.UNKNOWN: LOOKS[JobState.UNKNOWN],
}
"""Appearance of several jobs in the same state."""

WORST_FIRST = (
    *(NodeState.FAILED, NodeState.RUNNING, NodeState.CANCELING),
    *(NodeState.QUEUED, NodeState.UNKNOWN, NodeState.SCHEDULE),
    *(NodeState.CANCELED, NodeState.WAITING, NodeState.BLOCKED, NodeState.DONE),
)
"""Order of importance: failed, then active, then inactive."""

_ALWAYS_COUNTED = frozenset({NodeState.DONE, NodeState.RUNNING, NodeState.FAILED})
_STOPPED = frozenset({JobState.FAILED, JobState.CANCELED})


@dataclass(frozen=True)
class JobStatuses:
    """Derived state of each job of a pipeline, for one response."""

    plan: Plan
    state: PipelineState
    """State of the pipeline."""
    states: Mapping[str, NodeState]
    """By node."""
    roots: Mapping[str, int]
    """Jobs that failed or were canceled by themselves, with the number of jobs each blocks.

    In the plan's order. A job can be blocked by several.
    """
    numbers: Mapping[NodeState, int]
    """Number of jobs by state; the sum is the number of jobs in the plan."""
    causes: Mapping[str, int]
    """By affected node: a bit for each of `roots` that it is or depends on."""

    def blocked_by(self, node_id: str) -> tuple[str, ...]:
        """Return the roots that block a job; empty for a job that is not blocked."""
        if self.states[node_id] is not NodeState.BLOCKED:
            return ()
        causes = self.causes[node_id]
        return tuple(root for bit, root in enumerate(self.roots) if causes >> bit & 1)

    def look(self, node_id: str) -> StateLook:
        """Return the appearance of a job."""
        is_blocked = self.states[node_id] is NodeState.BLOCKED
        return BLOCKED if is_blocked else LOOKS[self.plan.nodes[node_id].state]

    def state_cell(self, node_id: str) -> Cell:
        """Return glyph and name of a job's state."""
        is_blocked = self.states[node_id] is NodeState.BLOCKED
        return state_cell(self.plan.nodes[node_id], is_blocked=is_blocked)

    def blocks(self, node_id: str) -> bool:
        """Whether a failed or canceled job blocks others."""
        if self.plan.nodes[node_id].state not in _STOPPED:
            return False
        children = self.plan.nodes[node_id].children
        is_next = any(self.states[child] is NodeState.BLOCKED for child in children)
        return is_next or self.roots.get(node_id, 0) > 0

    @property
    def problems(self) -> frozenset[str]:
        """Jobs that failed or were canceled, and those that they block."""
        bad = {NodeState.FAILED, NodeState.CANCELED, NodeState.BLOCKED}
        return frozenset(node_id for node_id, kind in self.states.items() if kind in bad)

    @property
    def root_failures(self) -> tuple[str, ...]:
        """The roots that failed, excluding those that were canceled."""
        return tuple(root for root in self.roots if self.states[root] is NodeState.FAILED)


def judge(plan: Plan, state: PipelineState) -> JobStatuses:
    """Return the derived states of a pipeline's jobs.

    A completed job does not pass on failures above it, as these were before a successful rerun.
    Jobs with an unknown status are not considered failed.
    """
    states: dict[str, NodeState] = {}
    causes: dict[str, int] = {}
    roots: list[str] = []
    for node_id, node in plan.nodes.items():
        kind = SHOWN[node.state]
        is_stopped = node.state in _STOPPED
        if is_stopped or kind is NodeState.WAITING:
            above = 0
            for parent in node.parents:
                above |= causes.get(parent, 0)
            if above and not is_stopped:
                kind = NodeState.BLOCKED
            elif is_stopped and not above:
                above = 1 << len(roots)
                roots.append(node_id)
            if above:
                causes[node_id] = above
        states[node_id] = kind
    numbers = Counter(states.values())
    return JobStatuses(
        plan,
        state,
        MappingProxyType(states),
        MappingProxyType(_blocked_by_root(roots, states, causes)),
        MappingProxyType({kind: numbers[kind] for kind in NodeState}),
        MappingProxyType(causes),
    )


def _blocked_by_root(
    roots: list[str], shown: Mapping[str, NodeState], causes: Mapping[str, int]
) -> dict[str, int]:
    # Most jobs are blocked by the same roots, so equal sets are counted together.
    same = Counter(
        above for node_id, above in causes.items() if shown[node_id] is NodeState.BLOCKED
    )
    blocked = dict.fromkeys(roots, 0)
    for above, jobs in same.items():
        rest = above
        while rest:
            lowest = rest & -rest
            blocked[roots[lowest.bit_length() - 1]] += jobs
            rest ^= lowest
    return blocked


def counts(numbers: Mapping[NodeState, int]) -> tuple[Count, ...]:
    """Return the number of jobs by state, without states that have none.

    Done, running and failed are always included.
    """
    return tuple(
        Count(SHOWN_LOOKS[kind].glyph, numbers[kind], kind.value, SHOWN_LOOKS[kind].tone)
        for kind in NodeState
        if numbers[kind] or kind in _ALWAYS_COUNTED
    )


def paused_words(statuses: JobStatuses) -> str:
    """Return what a pause does not stop, and what it does: `14 still running, 332 waiting …`.

    Empty if there is neither, or the pipeline is not paused. Queued jobs are already released;
    blocked ones wait for another reason as well.
    """
    if statuses.state is not PipelineState.PAUSED:
        return ""
    return ", ".join(
        f"{statuses.numbers[kind]} {words}"
        for kind, words in (
            (NodeState.RUNNING, "still running"),
            (NodeState.CANCELING, "being canceled"),
            (NodeState.QUEUED, "still queued"),
            (NodeState.WAITING, "waiting until resumed (p)"),
            (NodeState.BLOCKED, f"blocked by {_stopped_roots(statuses)}"),
        )
        if statuses.numbers[kind]
    )


def _stopped_roots(statuses: JobStatuses) -> str:
    """Return the jobs that block others: `shingle.py, which was canceled`, or how many."""
    roots = [statuses.plan.nodes[root] for root, number in statuses.roots.items() if number]
    which = f"{roots[0].name}, which" if len(roots) == 1 else f"{plural(len(roots), 'job')} that"
    return f"{which} {how_stopped(roots)}"


def how_stopped(nodes: Collection[Node]) -> str:
    """Return how jobs ended without being complete: `failed or were canceled`."""
    states = {node.state for node in nodes}
    canceled = "was canceled" if len(nodes) == 1 else "were canceled"
    words = (JobState.FAILED, "failed"), (JobState.CANCELED, canceled)
    return " or ".join(how for state, how in words if state in states)


def root_words(statuses: JobStatuses) -> str:
    """Return `3 root failures`; empty if there are none."""
    failures = len(statuses.root_failures)
    return plural(failures, "root failure") if failures else ""
