"""Derived states of a pipeline's jobs: which jobs block which others, and numbers by state."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from studio_tui.api.models import Pipeline
from studio_tui.api.states import STOPPED_STATES, JobState, PipelineState
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.states import (
    BLOCKED,
    LOOKS,
    STATE_GROUPS,
    Count,
    StateLook,
    state_cell,
)
from studio_tui.presentation.pipelines.graph.plan import Node, Plan, plan_of


class NodeState(StrEnum):
    """State of a pipeline's job as shown to the user: a group of `STATE_GROUPS`, or a schedule.

    `counts` returns the states in the order of these members.
    """

    DONE = "done"
    RUNNING = "running"
    """It has left the queue; its machine or its environment may be in preparation."""
    QUEUED = "queued"
    """Released by Studio; in the queue, or on its way there."""
    FAILED = "failed"
    BLOCKED = "blocked"
    """It depends, directly or not, on a job that failed or was canceled, so it will not start."""
    WAITING = "waiting"
    """Not released by Studio yet, and not blocked."""
    CANCELING = "canceling"
    CANCELED = "canceled"
    SCHEDULE = "schedule"
    """It creates jobs and does not run itself."""
    UNKNOWN = "unknown"
    """Studio sent no known status."""


SHOWN_STATES = {
    JobState.TASK: NodeState.SCHEDULE,
    **{state: NodeState(name) for name, _, states in STATE_GROUPS for state in states},
}
"""The state shown for each of Studio's states, unless the job is blocked."""

SHOWN_LOOKS = {
    NodeState.SCHEDULE: LOOKS[JobState.TASK],
    **{NodeState(name): look for name, look, _ in STATE_GROUPS},
}
"""Appearance of a state where jobs are counted; for one job see `JobStatuses.look`."""

WORST_FIRST = (
    NodeState.FAILED,
    NodeState.RUNNING,
    NodeState.CANCELING,
    NodeState.QUEUED,
    NodeState.UNKNOWN,
    NodeState.SCHEDULE,
    NodeState.CANCELED,
    NodeState.WAITING,
    NodeState.BLOCKED,
    NodeState.DONE,
)
"""States from worst to best: failed; active, which can still fail; all others; done."""

_ALWAYS_COUNTED = frozenset({NodeState.DONE, NodeState.RUNNING, NodeState.FAILED})


@dataclass(frozen=True)
class JobStatuses:
    """Derived states of a pipeline's jobs, as of one response of Studio."""

    plan: Plan
    state: PipelineState
    states: Mapping[str, NodeState]
    """By node."""
    roots: Mapping[str, int]
    """Number of jobs that each root blocks, by node id in the plan's order.

    A root is a failed or canceled job to which its dependencies pass on no failure (see `judge`). A
    root may block no job, and a job may be blocked by several roots.
    """
    numbers: Counter[NodeState]
    causes: Mapping[str, int]
    """By blocked, failed or canceled node: bit mask of its roots; bit 0 is the first of `roots`.

    The only root of a root is itself.
    """

    def blocked_by(self, node_id: str) -> tuple[str, ...]:
        """Return the roots that block a job; empty if it is not blocked."""
        if self.states[node_id] is not NodeState.BLOCKED:
            return ()
        causes = self.causes[node_id]
        return tuple(root for bit, root in enumerate(self.roots) if causes >> bit & 1)

    def look(self, node_id: str) -> StateLook:
        """Return the appearance of a job, which distinguishes more states than `NodeState`."""
        is_blocked = self.states[node_id] is NodeState.BLOCKED
        return BLOCKED if is_blocked else LOOKS[self.plan.nodes[node_id].state]

    def state_cell(self, node_id: str) -> Cell:
        """Return glyph and name of a job's state."""
        node, is_blocked = self.plan.nodes[node_id], self.states[node_id] is NodeState.BLOCKED
        return state_cell(node.state, node.status, is_blocked=is_blocked)

    def blocks(self, node_id: str) -> bool:
        """Whether a job failed or was canceled, and so keeps other jobs from starting."""
        if self.plan.nodes[node_id].state not in STOPPED_STATES:
            return False
        children = self.plan.nodes[node_id].children
        has_blocked_child = any(self.states[child] is NodeState.BLOCKED for child in children)
        return has_blocked_child or self.roots.get(node_id, 0) > 0

    @property
    def problems(self) -> frozenset[str]:
        """Jobs that failed or were canceled, and those that they block."""
        bad = {NodeState.FAILED, NodeState.CANCELED, NodeState.BLOCKED}
        return frozenset(node_id for node_id, state in self.states.items() if state in bad)

    @property
    def root_failures(self) -> tuple[str, ...]:
        """The roots that failed, without those that were canceled."""
        return tuple(root for root in self.roots if self.states[root] is NodeState.FAILED)


def judge(plan: Plan, state: PipelineState) -> JobStatuses:
    """Return the derived states of a pipeline's jobs.

    Only jobs that wait, failed or were canceled pass on the failures of the jobs that they depend
    on. A completed job, for example, passes on none: what it depends on was rerun successfully.
    """
    states: dict[str, NodeState] = {}
    causes: dict[str, int] = {}
    roots: list[str] = []
    for node_id, node in plan.nodes.items():
        shown = SHOWN_STATES[node.state]
        is_stopped = node.state in STOPPED_STATES
        if is_stopped or shown is NodeState.WAITING:
            mask = 0
            for parent in node.parents:
                mask |= causes.get(parent, 0)
            if mask and not is_stopped:
                shown = NodeState.BLOCKED
            elif is_stopped and not mask:
                mask = 1 << len(roots)
                roots.append(node_id)
            if mask:
                causes[node_id] = mask
        states[node_id] = shown
    blocked = _blocked_by_root(roots, states, causes)
    return JobStatuses(plan, state, states, blocked, Counter(states.values()), causes)


def statuses_of(pipeline: Pipeline) -> JobStatuses:
    return judge(plan_of(pipeline), pipeline.state)


def _blocked_by_root(
    roots: list[str], states: Mapping[str, NodeState], causes: Mapping[str, int]
) -> dict[str, int]:
    # Most jobs are blocked by the same roots, so jobs with equal masks are counted together.
    jobs_by_mask = Counter(
        mask for node_id, mask in causes.items() if states[node_id] is NodeState.BLOCKED
    )
    blocked = dict.fromkeys(roots, 0)
    for mask, jobs in jobs_by_mask.items():
        bits_left = mask
        while bits_left:
            lowest_bit = bits_left & -bits_left
            blocked[roots[lowest_bit.bit_length() - 1]] += jobs
            bits_left ^= lowest_bit
    return blocked


def counts(numbers: Counter[NodeState]) -> tuple[Count, ...]:
    """Return the number of jobs in each state.

    States without jobs are left out, except done, running and failed.
    """
    return tuple(
        Count(SHOWN_LOOKS[state].glyph, numbers[state], state.value, SHOWN_LOOKS[state].tone)
        for state in NodeState
        if numbers[state] or state in _ALWAYS_COUNTED
    )


def paused_words(statuses: JobStatuses) -> str:
    """Return what the jobs of a paused pipeline do: `1 still running; p resumes it`; else `""`.

    Blocked jobs are counted apart from waiting ones, as they would not start without the pause
    either.
    """
    if statuses.state is not PipelineState.PAUSED:
        return ""
    numbers = ", ".join(
        f"{statuses.numbers[state]} {words}"
        for state, words in (
            (NodeState.RUNNING, "still running"),
            (NodeState.CANCELING, "being canceled"),
            (NodeState.QUEUED, "still queued"),
            (NodeState.WAITING, "waiting"),
            (NodeState.BLOCKED, f"blocked by {_blocking_roots(statuses)}"),
        )
        if statuses.numbers[state]
    )
    return "; ".join(filter(None, (numbers, "p resumes it")))


def _blocking_roots(statuses: JobStatuses) -> str:
    """Return which roots block jobs: `shingle.py, which was canceled`, `2 jobs that failed`."""
    roots = [statuses.plan.nodes[root] for root, number in statuses.roots.items() if number]
    which = f"{roots[0].name}, which" if len(roots) == 1 else f"{plural(len(roots), 'job')} that"
    return f"{which} {how_stopped(roots)}"


def how_stopped(nodes: Collection[Node]) -> str:
    """Return how failed and canceled jobs ended: `failed`, `failed or were canceled`."""
    states = {node.state for node in nodes}
    canceled = "was canceled" if len(nodes) == 1 else "were canceled"
    words = {
        JobState.FAILED: "failed",
        JobState.CANCELED: canceled,
        JobState.DID_NOT_RUN: "did not run",
    }
    return " or ".join(way for state, way in words.items() if state in states)
