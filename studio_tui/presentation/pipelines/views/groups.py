"""Groups of jobs in a large pipeline, and the dependencies between groups.

Jobs are grouped by their names without numbers and hashes; if too few share such a
name, by equal dependencies and consumers. Groups do not depend on states.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from os.path import commonprefix
from typing import Self

from studio_tui.presentation.format import join_names
from studio_tui.presentation.pipelines.graph.plan import Node, Plan

MOST_JOBS = 150
"""Number of jobs above which a plan is grouped by default."""

MOST_CHILDREN = 8
"""Number of children of any job above which a plan is grouped by default."""

FEWEST_MEMBERS = 3
"""Minimum number of jobs in a group."""

_HASH = r"(?<![0-9A-Za-z])(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{6,}(?![0-9A-Za-z])"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NUMBER_OR_HASH = rf"(?:{_UUID}|{_HASH}|[0-9]+)"
_VARYING = re.compile(rf"({_NUMBER_OR_HASH}(?:[-_.:]{_NUMBER_OR_HASH})*)")
"""Numbers and hashes in a name, such as `0042` or `12-3fa94c`."""
_LEADING_NUMBER = re.compile(r"[0-9]{1,3}(?=[-_. ])")
"""A number at the start of a name that can tell kinds of jobs apart, as in `03_embed_0042`."""
_SEPARATORS = "-_. /"


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs shown as one, or a single job; `members` are nodes in the plan's order."""

    key: str
    """Stable across refreshes; the node's id for a single job. Not safe to draw."""
    title: str
    """Safe text, such as `embed_*`."""
    members: tuple[str, ...]

    def part(self, only: Collection[str]) -> Self | None:
        """Return the group with its members in `only`; `None` if there are none."""
        members = tuple(each for each in self.members if each in only)
        return replace(self, members=members) if members else None

    @property
    def is_single_job(self) -> bool:
        return self.members == (self.key,)


def wants_groups(plan: Plan) -> bool:
    """Whether a plan has so many jobs, or a job so many children, that groups are clearer."""
    nodes = plan.nodes.values()
    return len(nodes) > MOST_JOBS or any(len(node.children) > MOST_CHILDREN for node in nodes)


def group_jobs(plan: Plan) -> tuple[Group, ...]:
    """Return groups of jobs with like names, sorted by the least depth; each job is in one group.

    Jobs whose names are too rare are grouped by their dependencies and consumers.
    """
    groups = list(_group_by_name(plan.nodes.values()))
    ungrouped = [plan.nodes[group.key] for group in groups if group.is_single_job]
    groups = [group for group in groups if not group.is_single_job] + list(
        _group_by_links(ungrouped)
    )
    position = {node_id: index for index, node_id in enumerate(plan.nodes)}
    groups.sort(
        key=lambda group: (
            min(plan.depths[member] for member in group.members),
            position[group.members[0]],
        )
    )
    return tuple(groups)


def _group_by_name(nodes: Iterable[Node]) -> Iterable[Group]:
    nodes_by_stem: dict[tuple[str, ...], list[Node]] = defaultdict(list)
    for node in nodes:
        nodes_by_stem[tuple(_VARYING.split(node.name)[::2])].append(node)
    for stem, members in nodes_by_stem.items():
        by_number: dict[str, list[Node]] = defaultdict(list)
        for node in members:
            number_match = _LEADING_NUMBER.match(node.name)
            by_number[number_match[0] if number_match else ""].append(node)
        if len(members) < FEWEST_MEMBERS * len(by_number):
            # Too few jobs share a leading number, so it numbers jobs, not kinds of jobs.
            by_number = {"": members}
        for number, jobs in by_number.items():
            yield from _groups_of(f"name:{number}:{'*'.join(stem)}", _title(jobs), jobs)


def _title(nodes: Sequence[Node]) -> str:
    parts_by_place = zip(*(_VARYING.split(node.name) for node in nodes), strict=True)
    return "".join(parts[0] if len(set(parts)) == 1 else "*" for parts in parts_by_place)


def _group_by_links(nodes: Iterable[Node]) -> Iterable[Group]:
    nodes_by_links: dict[tuple[frozenset[str], tuple[str, ...]], list[Node]] = defaultdict(list)
    for node in nodes:
        nodes_by_links[frozenset(node.parents), node.children].append(node)
    for members in nodes_by_links.values():
        names = [node.name for node in members]
        start = _common_start(names)
        title = f"{start}*{_common_end(names, start)}" if start else join_names(names)
        yield from _groups_of(f"links:{members[0].id}", title, members)


def _common_start(names: Sequence[str]) -> str:
    common = commonprefix(names)  # noqa: RUF071 (characters are meant to be compared)
    return common[: 1 + max(common.rfind(separator) for separator in _SEPARATORS)]


def _common_end(names: Sequence[str], start: str) -> str:
    ends = {name[len(start) :].rpartition(".")[2] for name in names}
    is_same = len(ends) == 1 and all("." in name[len(start) :] for name in names)
    return f".{ends.pop()}" if is_same else ""


def _groups_of(key: str, title: str, nodes: Sequence[Node]) -> Iterable[Group]:
    """Return one group of the jobs, or single jobs if they are fewer than `FEWEST_MEMBERS`."""
    if len(nodes) < FEWEST_MEMBERS:
        return [Group(node.id, node.name, (node.id,)) for node in nodes]
    return [Group(_group_key(key), title, tuple(node.id for node in nodes))]


def _group_key(key: str) -> str:
    # Ids have no control characters, so the key of a group is never the id of a job.
    return f"\0{key}"


def parents_of(groups: Collection[Group], plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return by group the others of these groups whose jobs its jobs wait for."""
    group_of = {member: group.key for group in groups for member in group.members}
    parents: dict[str, dict[str, None]] = {group.key: {} for group in groups}
    for member, key in group_of.items():
        for parent in plan.nodes[member].parents:
            if (parent_group := group_of.get(parent, key)) != key:
                parents[key][parent_group] = None
    return {key: tuple(others) for key, others in parents.items()}
