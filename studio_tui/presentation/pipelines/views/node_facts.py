"""Facts about a job or a group of a pipeline, including its direct dependencies and consumers."""

from collections.abc import Sequence

from studio_tui.api.models import DatasetVersion
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import SHORT_ID, UNKNOWN, duration, plural
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.facts import Fact, facts, first_cells, labeled_facts
from studio_tui.presentation.jobs.kinship import job_cell
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.jobs.times import run_seconds
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, WAITS_FOR, Surroundings
from studio_tui.presentation.pipelines.graph.critical import estimated_bar
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import WORST_FIRST, JobStatuses, NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.graph.waits import flaw_words
from studio_tui.presentation.pipelines.views.group_rows import numbers_of
from studio_tui.presentation.pipelines.views.groups import Group
from studio_tui.presentation.pipelines.views.node_cells import run_time_cell

_MAX_RELATED, _MAX_MEMBERS = 12, 50
"""Maximum numbers of related jobs, attempts or edges, and of group members, that are listed."""

_FIRST_LABELS = frozenset({"progress", "error", WAITS_FOR})
_LAST_LABELS = frozenset(
    {"created", "started", "finished", "steps", "workers", "cluster", "by", "unreadable"}
)
"""Labels of the facts about the run: those shown before the facts about the graph, and after."""
_ENDED_LABELS = frozenset({"error", "finished"})


def node_facts(
    model: ViewModel,
    node_id: str,
    *,
    surroundings: Surroundings = NOTHING_KNOWN,
    datasets: Sequence[DatasetVersion] = (),
) -> tuple[Fact, ...]:
    """Return the facts about a job of a pipeline, most important first.

    `datasets` are those that its run created.
    """
    statuses = model.statuses
    node = statuses.plan.nodes[node_id]
    wait, job, usual = model.wait_of(node_id), model.job(node), model.usual_seconds(node)
    run_facts: tuple[Fact, ...] = ()
    if job is not None:
        run_facts = facts(job, model.now, surroundings, estimated_bar(node, model))
    if not node.state.is_finished:
        # Runs and plan are polled separately: after a rerun, the loaded run is older for a while.
        run_facts = tuple(fact for fact in run_facts if fact.label not in _ENDED_LABELS)
    # If only the loaded run says that it is queued, the run is older than the plan.
    is_queued = statuses.states[node_id] is NodeState.QUEUED
    key_hint = "  (W goes there)" if wait and wait.target is not None else ""
    return (
        Fact("name", Cell(node.name, Tone.STRONG)),
        Fact("status", _status_cell(model, node)),
        *_attempt_facts(model, node),
        *((Fact("why", Cell(wait.words + key_hint, Tone.WAITING)),) if wait else ()),
        *_blocked_facts(statuses, node_id),
        *(
            fact
            for fact in run_facts
            if fact.label in (_FIRST_LABELS if is_queued else _FIRST_LABELS - {WAITS_FOR})
        ),
        *_related_facts("after", "waits for no other job", statuses, node.parents),
        *(Fact("", Cell(words, Tone.WARN)) for words in flaw_words(statuses, node)),
        *_related_facts("feeds", "no other job waits for it", statuses, node.children),
        *_redundant_edge_facts(statuses, node),
        *((Fact("usual", Cell(f"~{duration(usual)}")),) if usual is not None else ()),
        *_dataset_facts(datasets),
        *(fact for fact in run_facts if fact.label in _LAST_LABELS),
        Fact("id", Cell(node.run or UNKNOWN, Tone.PLAIN if node.run else Tone.DIM)),
        *((Fact("repeats", job_cell(node.id, model.jobs)),) if node.id != node.run else ()),
    )


def group_facts(
    model: ViewModel,
    members: Sequence[str],
    after: Sequence[Group] = (),
    feeds: Sequence[Group] = (),
) -> tuple[Fact, ...]:
    """Return the states of a group's jobs, and its dependencies and consumers."""
    numbers = numbers_of(members, model.statuses)
    states = ", ".join(f"{numbers[state]} {state.value}" for state in NodeState if numbers[state])
    return (
        Fact("jobs", Cell(str(len(members)), Tone.STRONG)),
        Fact("status", Cell(states)),
        *_related_group_facts("after", after),
        *_related_group_facts("feeds", feeds),
        *_related_facts("members", "none left", model.statuses, members, _MAX_MEMBERS),
    )


def _related_group_facts(label: str, related: Sequence[Group]) -> tuple[Fact, ...]:
    titles = (
        group.title if group.is_single_job else f"{group.title} ×{len(group.members)}"
        for group in related
    )
    return labeled_facts(label, [Cell(title) for title in titles])


def _status_cell(model: ViewModel, node: Node) -> Cell:
    """Return the state of a job, its exit code, and how long it ran and was queued.

    It replaces the status of the run, which counts waiting for other jobs as queue time.
    """
    text, tone, *_ = model.statuses.state_cell(node.id)
    job, took, queued = model.job(node), run_time_cell(node, model).text, model.queue_seconds(node)
    parts = [text]
    if job is not None and job.exit_code is not None and node.state.is_finished:
        parts.append(exit_code_words(job.exit_code, is_brief=True))
    if took:
        parts.append(f"ran {took}" if node.state.is_finished else f"for {took}")
    if queued is not None:
        is_queued = model.statuses.states[node.id] is NodeState.QUEUED
        parts.append(f"{'waits' if is_queued else 'waited'} {duration(queued)}")
    return Cell(" · ".join(parts), tone)


def _attempt_facts(model: ViewModel, node: Node) -> tuple[Fact, ...]:
    if not node.attempts:
        return ()

    def cell(run: str) -> Cell:
        job = model.jobs.get(run)
        if job is None:
            return Cell(f"{run[:SHORT_ID]} not known", Tone.DIM)
        look, ran = LOOKS[job.state], run_seconds(job, model.now)
        error = cause_of(job)
        parts = [f"{look.glyph} {run[:SHORT_ID]}", f"ran {duration(ran)}" if ran else "", error]
        return Cell(" · ".join(part for part in parts if part), look.tone)

    first = Fact("attempt", Cell(str(len(node.attempts) + 1)))
    return (first, *labeled_facts("before", first_cells(_MAX_RELATED, node.attempts[::-1], cell)))


def _blocked_facts(statuses: JobStatuses, node_id: str) -> tuple[Fact, ...]:
    blocked = statuses.roots.get(node_id)
    return (Fact("blocks", Cell(plural(blocked, "job"), Tone.WARN)),) if blocked else ()


def _related_facts(
    label: str,
    if_none: str,
    statuses: JobStatuses,
    node_ids: Sequence[str],
    most: int = _MAX_RELATED,
) -> tuple[Fact, ...]:
    """List parents, children or members, worst first."""
    if not node_ids:
        return (Fact(label, Cell(if_none, Tone.DIM)),)
    worst_first = sorted(node_ids, key=lambda each: WORST_FIRST.index(statuses.states[each]))

    def cell(each: str) -> Cell:
        look = statuses.look(each)
        return Cell(f"{look.glyph} {statuses.plan.nodes[each].name}", look.tone)

    return labeled_facts(label, first_cells(most, worst_first, cell))


def _redundant_edge_facts(statuses: JobStatuses, node: Node) -> tuple[Fact, ...]:
    """List the redundant edges of a job, each with a path that implies it."""
    plan = statuses.plan
    edges = [(parent, node.id) for parent in plan.redundant_parents.get(node.id, ())]
    edges += [
        (node.id, each) for each in node.children if node.id in plan.redundant_parents.get(each, ())
    ]

    def cell(edge: tuple[str, str]) -> Cell:
        parent, child = edge
        descendants = plan.descendants(parent)
        other_parent = next(each for each in plan.nodes[child].parents if each in descendants)
        names = (plan.nodes[each].name for each in (parent, child, other_parent))
        return Cell("{} → {}, also through {}".format(*names), Tone.DIM)

    return labeled_facts("direct", first_cells(_MAX_RELATED, edges, cell))


def _dataset_facts(made: Sequence[DatasetVersion]) -> tuple[Fact, ...]:
    if not made:
        return ()
    names = [f"{each.dataset_name}@{each.version}" if each.version else each.dataset_name
             for each in made]  # fmt: skip
    return labeled_facts("made", [*map(Cell, names), Cell("f2 shows its versions", Tone.DIM)])
