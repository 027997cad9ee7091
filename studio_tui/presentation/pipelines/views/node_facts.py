"""Facts about one job of a pipeline, including all its dependencies and consumers."""

from collections.abc import Iterable, Sequence

from studio_tui.api.models import Cluster, DatasetVersion
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import UNKNOWN, duration, plural
from studio_tui.presentation.jobs.causes import cause
from studio_tui.presentation.jobs.facts import Fact, facts
from studio_tui.presentation.jobs.rows import SHORT_ID
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.jobs.times import run_seconds
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import WORST_FIRST, JobStatuses, NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.graph.waits import flaw_words
from studio_tui.presentation.pipelines.views.group_rows import numbers_of
from studio_tui.presentation.pipelines.views.groups import Group, Link

_MAX_RELATED, _MAX_MEMBERS = 12, 50
"""Maximum numbers of related jobs and of group members listed by name."""

_WAITS = "waits for"
_FIRST = frozenset({"progress", "error", _WAITS})
_LAST = frozenset(
    {"created", "started", "finished", "steps", "workers", "cluster", "by", "unreadable"}
)
"""Facts about the run that are also shown here; the job's own page has all of them."""


def node_facts(
    known: ViewModel,
    node_id: str,
    *,
    clusters: Iterable[Cluster] = (),
    made: Sequence[DatasetVersion] = (),
) -> tuple[Fact, ...]:
    """Return the facts about a job of a pipeline, most important first.

    `made` are the datasets created by its run.
    """
    statuses = known.statuses
    node = statuses.plan.nodes[node_id]
    wait, job, usual = known.waits(node_id), known.job(node), known.usual(node)
    run_facts = facts(job, known.now, clusters, known.bar(node)) if job is not None else ()
    # A job that is queued although the plan says otherwise is older than the plan.
    is_queued = statuses.shown[node_id] is NodeState.QUEUED
    return (
        Fact("name", Cell(node.name, Tone.STRONG)),
        Fact("status", _status(known, node)),
        *_attempts(known, node),
        *((Fact("why", Cell(_with_key(wait.words, wait.target), Tone.WAITING)),) if wait else ()),
        *_blocks(statuses, node_id),
        *(fact for fact in run_facts if fact.label in (_FIRST if is_queued else _FIRST - {_WAITS})),
        *_related("after", "waits for no other job", statuses, node.parents),
        *(Fact("", Cell(words, Tone.WARN)) for words in flaw_words(statuses, node)),
        *_related("feeds", "no other job waits for it", statuses, node.children),
        *_direct(statuses, node),
        *((Fact("usual", Cell(f"~{duration(usual)}")),) if usual is not None else ()),
        *_made(made),
        *(fact for fact in run_facts if fact.label in _LAST),
        Fact("run", Cell(node.run or UNKNOWN, Tone.PLAIN if node.run else Tone.DIM)),
        Fact("original", Cell(node.id)),
    )


GroupLink = tuple[Group, Link]
"""A related group, and the edges between the two."""


def group_facts(
    known: ViewModel,
    members: Sequence[str],
    after: Sequence[GroupLink] = (),
    feeds: Sequence[GroupLink] = (),
) -> tuple[Fact, ...]:
    """Return the states of a group's jobs, and its dependencies on other groups."""
    numbers = numbers_of(members, known.statuses)
    states = ", ".join(f"{numbers[kind]} {kind.value}" for kind in NodeState if numbers[kind])
    return (
        Fact("jobs", Cell(str(len(members)), Tone.STRONG)),
        Fact("status", Cell(states)),
        *_group_links("after", after),
        *_group_links("feeds", feeds),
        *_related("members", "none left", known.statuses, members, _MAX_MEMBERS),
    )


def _group_links(label: str, related: Sequence[GroupLink]) -> tuple[Fact, ...]:
    """Format groups with their patterns, such as `02_shard_* ×480, 1:1`."""
    return tuple(
        Fact(
            label if number == 0 else "",
            Cell(
                ", ".join(
                    part
                    for part in (
                        group.title if group.is_alone else f"{group.title} ×{len(group.members)}",
                        link.pattern,
                    )
                    if part
                )
            ),
        )
        for number, (group, link) in enumerate(related)
    )


def _status(known: ViewModel, node: Node) -> Cell:
    """Return the state with the times of the job.

    The job's own facts would count time spent waiting for dependencies as queue time, because its
    run is created with the plan.
    """
    text, tone, _ = known.statuses.state_cell(node.id)
    job, took, queued = known.job(node), known.took(node), known.queue_seconds(node)
    parts = [text]
    if job is not None and job.exit_code is not None:
        parts.append(exit_code_words(job.exit_code, is_brief=True))
    if took is not None:
        about = "~" if took.is_estimate else ""
        verb = "ran" if node.state.is_finished else "for"
        parts.append(f"{verb} {about}{duration(took.seconds)}")
    if queued is not None:
        is_queued = known.statuses.shown[node.id] is NodeState.QUEUED
        parts.append(f"{'waits' if is_queued else 'waited'} {duration(queued)}")
    return Cell(" · ".join(parts), tone)


def _attempts(known: ViewModel, node: Node) -> tuple[Fact, ...]:
    """Return the number of the attempt, and the outcomes of earlier ones, latest first."""
    if not node.attempts:
        return ()
    lines = []
    for run in reversed(node.attempts[-_MAX_RELATED:]):
        job = known.jobs.get(run)
        if job is None:
            lines.append(Cell(f"{run[:SHORT_ID]} not known yet", Tone.DIM))
            continue
        look, ran = LOOKS[job.state], run_seconds(job, known.now)
        error = cause(job.error_message) if job.error_message else ""
        parts = [f"{look.glyph} {run[:SHORT_ID]}", f"ran {duration(ran)}" if ran else "", error]
        lines.append(Cell(" · ".join(part for part in parts if part), look.tone))
    if len(node.attempts) > _MAX_RELATED:
        lines.append(Cell(f"and {len(node.attempts) - _MAX_RELATED} more", Tone.DIM))
    first = Fact("attempt", Cell(str(len(node.attempts) + 1)))
    return (first, *(Fact("before" if not at else "", line) for at, line in enumerate(lines)))


def _with_key(words: str, target: str | None) -> str:
    return f"{words}  (W goes there)" if target is not None else words


def _blocks(statuses: JobStatuses, node_id: str) -> tuple[Fact, ...]:
    blocked = statuses.roots.get(node_id)
    return (Fact("blocks", Cell(plural(blocked, "job"), Tone.WARN)),) if blocked else ()


def _related(
    label: str,
    if_none: str,
    statuses: JobStatuses,
    node_ids: Sequence[str],
    most: int = _MAX_RELATED,
) -> tuple[Fact, ...]:
    """List parents, children or members with their states, worst first."""
    if not node_ids:
        return (Fact(label, Cell(if_none, Tone.DIM)),)
    lines = []
    worst_first = sorted(node_ids, key=lambda each: WORST_FIRST.index(statuses.shown[each]))
    for number, node_id in enumerate(worst_first[:most]):
        look = statuses.look(node_id)
        text = f"{look.glyph} {statuses.plan.nodes[node_id].name}"
        lines.append(Fact(label if number == 0 else "", Cell(text, look.tone)))
    if len(node_ids) > most:
        lines.append(Fact("", Cell(f"and {len(node_ids) - most} more", Tone.DIM)))
    return tuple(lines)


def _direct(statuses: JobStatuses, node: Node) -> tuple[Fact, ...]:
    """List the redundant edges of a job, each with another path that implies it."""
    plan = statuses.plan
    edges = [(parent, node.id) for parent in plan.implied.get(node.id, ())]
    edges += [(node.id, each) for each in node.children if node.id in plan.implied.get(each, ())]
    lines: list[Fact] = []
    for parent, child in edges[:_MAX_RELATED]:
        below = plan.descendants(parent)
        way = next(each for each in plan.nodes[child].parents if each in below)
        names = (plan.nodes[each].name for each in (parent, child, way))
        words = "{} → {}, also through {}".format(*names)
        lines.append(Fact("" if lines else "direct", Cell(words, Tone.DIM)))
    if len(edges) > _MAX_RELATED:
        lines.append(Fact("", Cell(f"and {len(edges) - _MAX_RELATED} more", Tone.DIM)))
    return tuple(lines)


def _made(made: Sequence[DatasetVersion]) -> tuple[Fact, ...]:
    """Return the datasets created by a run, and the key that opens them."""
    if not made:
        return ()
    names = [f"{each.dataset_name}@{each.version}" if each.version else each.dataset_name
             for each in made]  # fmt: skip
    return (
        *(Fact("" if number else "made", Cell(name)) for number, name in enumerate(names)),
        Fact("", Cell("f2 shows its versions", Tone.DIM)),
    )
