"""The dependency graph of a pipeline's jobs, robust against any data from Studio.

A node is an original job (`job_id`), as Studio names parents by the ids of original jobs. Its run
is another job (`created_job_id`), which the pipeline creates from it.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from studio_tui.api.models import Pipeline, PipelineJob
from studio_tui.api.states import JobState
from studio_tui.presentation.format import SHORT_ID, join_names


@dataclass(frozen=True, slots=True)
class Node:
    """One job of a pipeline with its edges."""

    id: str
    """Id of the original job."""
    run: str | None
    """Id of the job that the pipeline created; `None` if unknown."""
    name: str
    """Safe text; a shortened id if Studio sent no name."""
    state: JobState
    status: str | None
    """Studio's word for the state, in upper case; `None` if Studio sent none."""
    parents: tuple[str, ...] = ()
    """Nodes that it depends on, without `missing` or `circular`; all precede it."""
    children: tuple[str, ...] = ()
    """Nodes of which it is one of the `parents`; all follow it."""
    missing: tuple[str, ...] = ()
    """Ids of parents that are not in the pipeline."""
    circular: tuple[str, ...] = ()
    """Parents that follow it in the plan, or itself; each is in a cycle with it."""
    attempts: tuple[str, ...] = ()
    """Ids of the earlier runs in this pipeline that `run` has replaced, oldest first."""


@dataclass(frozen=True)
class Plan:
    """The nodes of a pipeline, parents before children."""

    nodes: Mapping[str, Node]
    """By id, in topological order. Where several can be next, it is the first that Studio sent."""
    flaws: tuple[str, ...] = ()
    """Problems of the graph sent by Studio, as sentences for the user."""
    shape: tuple[tuple[object, ...], ...] = field(default=(), compare=False, repr=False)
    """Id, name and parents of each job, as sent; independent of states."""

    @cached_property
    def redundant_parents(self) -> Mapping[str, Sequence[str]]:
        """By node, the parents on which another parent depends, directly or not."""
        return redundant_parents({node.id: node.parents for node in self.nodes.values()})

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """By node, the length of the longest path that leads to the node, in edges."""
        return depths_of({node.id: node.parents for node in self.nodes.values()})

    def ancestors(self, *node_ids: str) -> frozenset[str]:
        """Return all nodes that any of these nodes depends on, directly or not."""
        return self._reachable(node_ids, lambda node: node.parents)

    def descendants(self, *node_ids: str) -> frozenset[str]:
        """Return all nodes that depend on any of these nodes, directly or not."""
        return self._reachable(node_ids, lambda node: node.children)

    def _reachable(
        self, starts: Iterable[str], step: Callable[[Node], Sequence[str]]
    ) -> frozenset[str]:
        first_steps = (
            each for id_ in starts if id_ in self.nodes for each in step(self.nodes[id_])
        )
        return reachable_nodes(first_steps, lambda node_id: step(self.nodes[node_id]))


def depths_of(parents: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Return by node the length of the longest path that leads to it, in edges.

    Edges from parents that follow the node are ignored.
    """
    depths: dict[str, int] = {}
    for node_id, node_parents in parents.items():
        depths[node_id] = max(
            (depths[parent] + 1 for parent in node_parents if parent in depths), default=0
        )
    return depths


def redundant_parents(parents: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return by node the parents that are ancestors of another of its parents.

    Nodes without such parents are left out. Parents that follow their child are ignored.
    """
    ids = tuple(parents)
    all_parents = parent_indexes(parents)
    return {
        ids[number]: tuple(ids[parent] for parent in node_parents if parent not in needed)
        for number, (node_parents, needed) in enumerate(
            zip(all_parents, transitive_reduction(all_parents), strict=True)
        )
        if len(needed) < len(node_parents)
    }


def parent_indexes(parents: Mapping[str, Sequence[str]]) -> list[list[int]]:
    """Return for each node the indexes of the parents that precede it, without duplicates."""
    index = {node: number for number, node in enumerate(parents)}
    indexes: list[list[int]] = []
    for number, node_parents in enumerate(parents.values()):
        earlier = (index[parent] for parent in node_parents if index.get(parent, number) < number)
        indexes.append(list(dict.fromkeys(earlier)))
    return indexes


def transitive_reduction(parents: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the parents of each node, without parents that are ancestors of another parent."""
    ancestors: list[int] = []  # by node, as a bit mask
    edges = []
    for node_parents in parents:
        indirect = 0
        for parent in node_parents:
            indirect |= ancestors[parent]
        edges.append([parent for parent in node_parents if not indirect >> parent & 1])
        for parent in node_parents:
            indirect |= 1 << parent
        ancestors.append(indirect)
    return edges


def reachable_nodes(starts: Iterable[str], step: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Return the nodes reached from `starts` by any number of steps, including `starts`."""
    reached: set[str] = set()
    stack = list(starts)
    while stack:
        node_id = stack.pop()
        if node_id not in reached:
            reached.add(node_id)
            stack += step(node_id)
    return frozenset(reached)


def plan_of(pipeline: Pipeline, before: Plan | None = None) -> Plan:
    """Return the plan of a pipeline; never raises, whatever the data.

    If only states and runs differ from `before`, unchanged nodes are shared with it; if nothing
    differs, the plan is `before` itself.
    """
    shape = tuple((run.job_id, run.name, run.parent_job_ids) for run in pipeline.job_runs)
    if before is not None and before.shape == shape:
        return _with_states(before, pipeline)
    runs = _first_runs(pipeline)
    counts = Counter(run.job_id for run in pipeline.job_runs)
    repeated = [job_id for job_id, count in counts.items() if count > 1]
    order = _topological_order(runs)
    position = {node_id: index for index, node_id in enumerate(order)}
    nodes = {node_id: _node(runs[node_id], position) for node_id in order}
    children = children_of({node_id: node.parents for node_id, node in nodes.items()})
    nodes = {
        node_id: replace(node, children=tuple(children[node_id])) for node_id, node in nodes.items()
    }
    return Plan(nodes, _flaws(nodes, repeated), shape)


def _first_runs(pipeline: Pipeline) -> dict[str, PipelineJob]:
    """Return the runs by job; of several with the same id, only the first is shown."""
    runs: dict[str, PipelineJob] = {}
    for run in pipeline.job_runs:
        runs.setdefault(run.job_id, run)
    return runs


def _with_states(before: Plan, pipeline: Pipeline) -> Plan:
    changed: dict[str, Node] = {}
    for run in _first_runs(pipeline).values():
        node = before.nodes[run.job_id]
        latest = (run.status, run.created_job_id, run.attempts)
        if latest != (node.status, node.run, node.attempts):
            changed[node.id] = replace(
                node,
                state=run.state,
                status=run.status,
                run=run.created_job_id,
                attempts=run.attempts,
            )
    if not changed:
        return before
    nodes = {node_id: changed.get(node_id, node) for node_id, node in before.nodes.items()}
    return replace(before, nodes=nodes)


def _topological_order(runs: Mapping[str, PipelineJob]) -> list[str]:
    """Return the ids in the order of `Plan.nodes`; in a cycle, some parents follow their child."""
    position = {node_id: index for index, node_id in enumerate(runs)}
    parents = {
        node_id: dict.fromkeys(
            parent for parent in run.parent_job_ids if parent in runs and parent != node_id
        )
        for node_id, run in runs.items()
    }
    children = children_of(parents)
    ids, left, order = list(runs), dict.fromkeys(runs), []
    ready = [index for index, node_parents in enumerate(parents.values()) if not node_parents]
    child = ""
    while left:
        if not ready:
            # The next cycle is often close to the last one: starting there keeps walks short.
            child = _break_cycle(child if child in left else next(iter(left)), parents, position)
            ready += [position[child]] if not parents[child] else []
            continue
        node_id = ids[heapq.heappop(ready)]
        order.append(node_id)
        del left[node_id]
        for child in children[node_id]:
            if node_id in parents[child]:
                del parents[child][node_id]
                if not parents[child]:
                    heapq.heappush(ready, position[child])
    return order


def _break_cycle(
    node_id: str, parents: Mapping[str, dict[str, None]], position: Mapping[str, int]
) -> str:
    """Remove from `parents` an edge of a cycle above a node; return the child of the edge.

    Each node that is left has parents, so following their first parents leads to a cycle. The
    removed edge leads to the node of the cycle that is first by `position`.
    """
    above: dict[str, str] = {}
    while node_id not in above:
        above[node_id] = next(iter(parents[node_id]))
        node_id = above[node_id]
    cycle = [node_id]
    while above[cycle[-1]] != node_id:
        cycle.append(above[cycle[-1]])
    child = min(cycle, key=position.__getitem__)
    del parents[child][above[child]]
    return child


def children_of(parents: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the children of each node, given the parents of each."""
    children: dict[str, list[str]] = {node_id: [] for node_id in parents}
    for node_id, node_parents in parents.items():
        for parent in node_parents:
            children[parent].append(node_id)
    return children


def _node(run: PipelineJob, position: Mapping[str, int]) -> Node:
    own_position = position[run.job_id]
    parents = tuple(dict.fromkeys(run.parent_job_ids))
    return Node(
        id=run.job_id,
        run=run.created_job_id,
        name=run.name or run.job_id[:SHORT_ID],
        state=run.state,
        status=run.status,
        parents=tuple(
            parent for parent in parents if position.get(parent, own_position) < own_position
        ),
        missing=tuple(parent for parent in parents if parent not in position),
        circular=tuple(parent for parent in parents if position.get(parent, -1) >= own_position),
        attempts=run.attempts,
    )


def _flaws(nodes: Mapping[str, Node], repeated: Iterable[str]) -> tuple[str, ...]:
    missing = [node.name for node in nodes.values() if node.missing]
    circular = [node.name for node in nodes.values() if node.circular]
    twice = [nodes[node_id].name for node_id in repeated]
    return tuple(
        f"{words}: {join_names(names)}"
        for words, names in (
            ("Waits for a job that is not in the pipeline", missing),
            ("Waits for itself, directly or through others", circular),
            ("Sent more than once; the first is shown", twice),
        )
        if names
    )
