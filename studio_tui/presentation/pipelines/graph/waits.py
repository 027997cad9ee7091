"""Why a job of a pipeline is not running, in words, and which job to look at for it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from studio_tui.api.models import CANCELING_STATES, JobState, PipelineState
from studio_tui.presentation.logs.progress import Progress, share
from studio_tui.presentation.pipelines.graph.plan import Node, named
from studio_tui.presentation.pipelines.graph.statuses import Shown, Verdicts

_SHORT_ID = 8

_STARTING = {
    JobState.INIT: "starting: its environment is made ready",
    JobState.PROVISIONING: "starting: a machine is made ready",
}
_READY = {
    PipelineState.PENDING: "the pipeline has not begun",
    PipelineState.RUNNING: "ready: Studio has not queued it yet",
    PipelineState.PAUSED: "the pipeline is paused",
    PipelineState.COMPLETED: "the pipeline has ended without it",
    PipelineState.FAILED: "the pipeline has failed",
    PipelineState.CANCELED: "the pipeline was canceled",
    PipelineState.UNKNOWN: "ready: Studio has not queued it yet",
}
_IN_SHORT = {
    "starting: its environment is made ready": ("starting: environment", "starting"),
    "starting: a machine is made ready": ("starting: machine", "starting"),
    "ready: Studio has not queued it yet": ("ready, not queued yet", "ready"),
    "the pipeline has not begun": ("not begun",),
    "the pipeline is paused": ("paused",),
    "the pipeline has ended without it": ("pipeline has ended", "ended"),
    "the pipeline has failed": ("pipeline failed",),
    "the pipeline was canceled": ("pipeline canceled",),
    "queued: for free workers": ("queued",),
    "on its way to the queue": ("to be queued",),
}
"""By the words of waits: what is said where these have no room."""
_NEAREST = (Shown.UNKNOWN, Shown.RUNNING, Shown.QUEUED)
"""Parents that are named first, as they are what the others wait for; the rest as they come."""


class Bars(Protocol):
    """How far running jobs have come, as far as that is known: a mapping, or what is like one."""

    def get(self, run: str, /) -> Progress | None:
        """Return how far a run has come (`Node.run`)."""


class Wait(NamedTuple):
    """Why a job does not run."""

    words: str
    """Safe text."""
    target: str | None = None
    """The node where the reason is to be found, if it is another job."""


def waits(verdicts: Verdicts, node_id: str, bars: Bars | None = None) -> Wait | None:
    """Return why a job is not running; `None` for one that runs or has ended."""
    node = verdicts.plan.nodes[node_id]
    match verdicts.shown[node_id]:
        case Shown.BLOCKED:
            return _blocked(verdicts, node_id)
        case Shown.WAITING:
            return _waiting(verdicts, node, bars)
        case Shown.QUEUED:
            is_near = node.state is JobState.QUEUED
            return Wait("queued: for free workers" if is_near else "on its way to the queue")
        case Shown.UNKNOWN:
            return Wait(f"Studio says {node.status or 'nothing'}, which is not known here")
        case _:
            words = _STARTING.get(node.state)
            return Wait(words) if words else None


def in_short(verdicts: Verdicts, node_id: str) -> tuple[str, ...]:
    """Return what keeps a job from running where the words have no room, and where these have none.

    `blocked by embed.py +2`, `✗ embed.py +2`: the first of the jobs that the words name, and how
    many others there are; `ready, not queued yet` for one that waits for no other job.
    """
    ahead: Sequence[str] = ()
    match verdicts.shown[node_id]:
        case Shown.BLOCKED:
            verb, ahead = "blocked by", _failures_first(verdicts, verdicts.blocked_by(node_id))
        case Shown.WAITING:
            verb, ahead = "waits for", _ahead(verdicts, verdicts.plan.nodes[node_id])
    if not ahead:
        wait = waits(verdicts, node_id)
        return _IN_SHORT.get(wait.words, ()) if wait is not None else ()
    others = f" +{len(ahead) - 1}" if len(ahead) > 1 else ""
    name = f"{verdicts.plan.nodes[ahead[0]].name}{others}"
    return f"{verb} {name}", f"{verdicts.look(ahead[0]).glyph} {name}"


def _failures_first(verdicts: Verdicts, roots: Sequence[str]) -> list[str]:
    return sorted(roots, key=lambda root: verdicts.shown[root] is not Shown.FAILED)


def _ahead(verdicts: Verdicts, node: Node) -> list[str]:
    """Return the parents that are not done, what is under way first."""
    ahead = [parent for parent in node.parents if verdicts.shown[parent] is not Shown.DONE]
    return sorted(ahead, key=lambda parent: verdicts.shown[parent] not in _NEAREST)


def _blocked(verdicts: Verdicts, node_id: str) -> Wait:
    roots = verdicts.blocked_by(node_id)
    failed = [root for root in roots if verdicts.shown[root] is Shown.FAILED]
    if len(failed) == len(roots):
        how = "which failed"
    elif failed:
        how = "which failed or were canceled"
    else:
        how = "which was canceled" if len(roots) == 1 else "which were canceled"
    first_failed = _failures_first(verdicts, roots)
    names = named([verdicts.plan.nodes[root].name for root in first_failed])
    return Wait(f"blocked by {names}, {how}", first_failed[0])


def _waiting(verdicts: Verdicts, node: Node, bars: Bars | None) -> Wait:
    ahead = _ahead(verdicts, node)
    reasons = list(flaw_words(verdicts, node))
    if ahead:
        reasons.insert(0, _for_parents(verdicts, node, ahead, bars))
    if not reasons:
        return Wait(_READY[verdicts.state])
    if verdicts.state is PipelineState.PAUSED:
        reasons.append("the pipeline is paused")
    target = next(iter((*ahead, *(each for each in node.circular if each != node.id))), None)
    return Wait("; ".join(reasons), target)


def _for_parents(verdicts: Verdicts, node: Node, ahead: Sequence[str], bars: Bars | None) -> str:
    nodes = verdicts.plan.nodes
    if len(ahead) > 1:
        names = named([nodes[parent].name for parent in ahead])
        return f"waits for {len(ahead)} of {len(node.parents)}: {names}"
    parent = nodes[ahead[0]]
    return f"waits for {parent.name} ({_standing(verdicts, parent, bars)})"


def _standing(verdicts: Verdicts, parent: Node, bars: Bars | None) -> str:
    shown = verdicts.shown[parent.id]
    if shown is Shown.UNKNOWN:
        return parent.status or "unknown"
    if parent.state in CANCELING_STATES:
        return "being canceled"
    if parent.state in _STARTING:
        return "starting"
    bar = bars.get(parent.run) if bars is not None and parent.run is not None else None
    how_far = share(bar) if bar is not None and shown is Shown.RUNNING else ""
    return f"{shown.value}, {how_far}" if how_far else shown.value


def flaw_words(verdicts: Verdicts, node: Node) -> tuple[str, ...]:
    """Return what a job waits for that no plan should have: jobs that are not there, and itself."""
    others = [verdicts.plan.nodes[each].name for each in node.circular if each != node.id]
    said = []
    if node.missing:
        ids = named([parent[:_SHORT_ID] for parent in node.missing])
        said.append(f"waits for {ids}, not in the pipeline")
    if others:
        wait = "waits" if len(others) == 1 else "wait"
        said.append(f"waits for {named(others)}, which {wait} for it")
    if node.id in node.circular:
        said.append("waits for itself")
    return tuple(said)
