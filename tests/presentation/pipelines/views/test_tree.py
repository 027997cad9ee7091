"""The tree has one row for each job, and names the edges that it does not draw."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import Cell, Tone, dim_row
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.tree import (
    COLUMNS,
    DEEPEST,
    TreeRow,
    cells,
    link_numbers,
    name_parts,
    rows,
)
from tests.presentation.pipelines.graphs import (
    any_pipelines,
    chain_of_diamonds,
    fan,
    pipeline,
    pipeline_of,
    run,
)
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def lines_of(
    sent: Pipeline, folded: Collection[str] = (), only: Collection[str] | None = None
) -> list[str]:
    """Return the lines of the tree; `only` are the jobs to show, or `None` for all."""
    plan = plan_of(sent)
    statuses = judge(plan, sent.state)
    return [
        "".join(part.text for part in name_parts(row, statuses)) for row in rows(plan, folded, only)
    ]


def test_the_sample_pipeline_has_the_expected_tree() -> None:
    assert lines_of(sixteen()) == [
        "✓ ingest_raw",
        "└─✓ index",
        "  └─✓ dedupe",
        "    ├─✓ thumbs  (also feeds join_feats)",
        "    └─✗ embed",
        "      └─⊘ join_feats  (also after thumbs)",
        "        └─⊘ merge_train  (also after clean_labels)",
        "          └─⊘ split",
        "            ├─⊘ train_s  (also feeds eval)",
        "            └─⊘ train_l",
        "              └─⊘ eval  (also after train_s)",
        "                ├─⊘ report",
        "                └─⊘ export",
        "                  └─⊘ publish",
        "✓ ingest_labels",
        "└─✓ clean_labels  (also feeds merge_train)",
    ]


def test_a_folded_row_counts_its_hidden_jobs_with_failures_first() -> None:
    assert lines_of(sixteen(train_s="RUNNING"), {"dedupe", "ingest_labels", "publish"}) == [
        "✓ ingest_raw",
        "└─✓ index",
        "  └─✓ dedupe  +11: 1✗ 1● 8⊘ 1✓",
        "✓ ingest_labels  +1: 1✓",
    ]


def test_a_tree_of_some_jobs_names_their_edges_to_the_others() -> None:
    assert lines_of(sixteen(), only={"embed", "join_feats", "merge_train"}) == [
        "✗ embed  (also after dedupe)",
        "└─⊘ join_feats  (also after thumbs)",
        "  └─⊘ merge_train  (also after clean_labels; also feeds split)",
    ]


def test_a_short_row_says_how_many_edges_lead_to_it_and_how_many_from_it() -> None:
    plan = plan_of(pipeline(a=[], b=[], c=["a", "b"], d=["a", "b", "c"], e=["b"], f=["e", "c"]))
    shorter = {row.id: link_numbers(row) for row in rows(plan)}
    assert shorter == {"a": "↓2", "b": "↓1", "c": "↑1 ↓1", "d": "↑2", "e": "", "f": "↑1"}
    statuses = judge(plan, PipelineState.RUNNING)
    names = {row.id: name_parts(row, statuses) for row in rows(plan)}
    assert names["c"][-1].shorter == ("  (↑1 ↓1)",)


def test_a_long_chain_is_indented_only_up_to_the_deepest_level() -> None:
    chain = pipeline_of([run(f"s{i}", [f"s{i - 1}"] if i else []) for i in range(300)])
    assert lines_of(chain)[11:15] == [
        f"{20 * ' '}└─· s11",
        f"{22 * ' '}└─· s12",
        f"{23 * ' '}↓· s13",
        f"{23 * ' '}↓· s14",
    ]
    assert max(map(len, lines_of(chain))) < 80


def test_below_the_deepest_level_only_siblings_of_the_last_child_are_indented() -> None:
    assert lines_of(chain_of_diamonds(300))[-4:] == [
        f"{23 * ' '}↓· top299  (also after left298)",
        f"{24 * ' '}├─· left299  (also feeds top300)",
        f"{23 * ' '}↓· right299",
        f"{23 * ' '}↓· top300  (also after left299)",
    ]


def test_the_child_with_the_most_below_it_continues_in_a_lane() -> None:
    # Each step has two children: the next step, and after it a leaf. So no step is a last child.
    steps = [run("s0", [])]
    for index in range(1, 300):
        steps += [run(f"s{index}", [f"s{index - 1}"]), run(f"leaf{index}", [f"s{index - 1}"])]
    assert max(map(len, lines_of(pipeline_of(steps)))) <= 2 * DEEPEST + 12


def test_only_the_first_of_many_edges_are_named() -> None:
    assert lines_of(fan(30))[-1] == (
        "  └─· last  (also after shard_0000, shard_0001, shard_0002 and 26 more)"
    )


def test_missing_and_circular_parents_are_reported_in_words() -> None:
    assert lines_of(pipeline(a=["f00dfeed-1"], b=["c"], c=["b", "c"])) == [
        "· a  (waits for f00dfeed, not in the pipeline)",
        "· b  (waits for c, which waits for it)",
        "└─· c  (waits for itself)",
    ]


def test_cells_show_the_progress_run_time_and_reason_of_a_job() -> None:
    sent = sixteen(thumbs="RUNNING")
    start = _NOON - timedelta(minutes=10)
    jobs = {
        "run-embed": Job(
            id="run-embed",
            status="FAILED",
            created_at=start,
            started_at=start,
            finished_at=start + timedelta(seconds=598),
            error_message="\n[red]CUDA[/] out of memory\nat line 3",
        ),
        "run-thumbs": Job(id="run-thumbs", status="RUNNING", created_at=start, started_at=start),
    }
    bars = {"run-thumbs": Progress("", 37, 100, 37.0, "it", 3.1, 12.0, 20.0)}
    past = {"embed": (380.0, 400.0, 420.0), "thumbs": (1.0, 1.0, 1.0), "split": (9.0, 9.0)}
    model = ViewModel(judge(plan_of(sent), sent.state), _NOON, jobs, bars, past)
    cells_by_job = {row.id: cells(row, model) for row in rows(model.plan)}
    assert [cell.text for cell in dim_row(cells_by_job["embed"])] == [
        "    └─✗ embed",
        "✗ FAILED",
        *("", "", "9:58", "~6:40"),
        "[red]CUDA[/] out of memory · blocks 9",
    ]
    why = cells_by_job["embed"][-1]
    assert isinstance(why, Cell)
    assert why.tone is Tone.BAD
    assert [cell.text for cell in dim_row(cells_by_job["thumbs"])][1:] == [
        *("● RUNNING", "▕██▏░░░▏", "37%", "10:00", "~0:12 left", "37%  3.1 it/s  ~0:12 left")
    ]
    progress = cells_by_job["thumbs"][-1]
    assert isinstance(progress, Cell)
    assert progress.shorter == ("37%  ~0:12 left", "37%")
    assert progress.beside == (("usual", "3.1 it/s"), ("share", "3.1 it/s  ~0:12 left"))
    assert [cell.text for cell in dim_row(cells_by_job["split"])][1:] == [
        *("⊘ BLOCKED", "", "", "", ""),
        "blocked by embed, which failed",
    ]
    assert all(len(line) == len(COLUMNS) for line in cells_by_job.values())


def _edges(plan: Plan) -> set[tuple[str, str]]:
    return {(parent, node.id) for node in plan.nodes.values() for parent in node.parents}


def _edges_shown(tree: Collection[TreeRow]) -> list[tuple[str, str]]:
    """Return the edges that a tree draws or names."""
    drawn = [(row.parent, row.id) for row in tree if row.parent is not None]
    return [*drawn, *((other, row.id) for row in tree for other in row.also_after)]


@given(any_pipelines())
def test_each_job_has_one_row_and_each_edge_is_drawn_or_named_once(sent: Pipeline) -> None:
    plan = plan_of(sent)
    tree = rows(plan)
    assert sorted(row.id for row in tree) == sorted(plan.nodes)
    assert sorted(_edges_shown(tree)) == sorted(_edges(plan))
    edges_named_at_parents = {(row.id, child) for row in tree for child in row.also_feeds}
    assert edges_named_at_parents == {(other, row.id) for row in tree for other in row.also_after}


@given(any_pipelines())
def test_each_job_is_below_its_deepest_parent(sent: Pipeline) -> None:
    plan = plan_of(sent)
    depth = plan.depths
    for row in rows(plan):
        if row.parent is not None:
            assert depth[row.parent] == depth[row.id] - 1


@given(any_pipelines(), st.data())
def test_a_fold_hides_exactly_the_jobs_below_it(sent: Pipeline, data: st.DataObject) -> None:
    plan = plan_of(sent)
    whole = rows(plan)
    folded = data.draw(st.sets(st.sampled_from(sorted(plan.nodes)))) if plan.nodes else set()
    parents = {row.id: row.parent for row in whole}
    tree = rows(plan, folded)
    shown = [row.id for row in tree]
    hidden = [node_id for row in tree for node_id in row.hidden]
    assert sorted(shown + hidden) == sorted(plan.nodes)
    assert shown == [row.id for row in whole if row.id in set(shown)]
    for row in tree:
        for node_id in row.hidden:
            ancestor = node_id
            while ancestor != row.id:
                ancestor = parents[ancestor] or row.id
                assert ancestor not in shown or ancestor == row.id
    by_id = {row.id: row for row in whole}
    assert all(row.prefix == by_id[row.id].prefix for row in tree)


@given(any_pipelines(), st.data())
def test_a_tree_of_some_jobs_loses_none_of_their_edges(sent: Pipeline, data: st.DataObject) -> None:
    plan = plan_of(sent)
    only = data.draw(st.sets(st.sampled_from(sorted(plan.nodes)))) if plan.nodes else set()
    tree = rows(plan, only=only)
    assert {row.id for row in tree} == only
    assert sorted(_edges_shown(tree)) == sorted(edge for edge in _edges(plan) if edge[1] in only)


@given(any_pipelines())
def test_guide_lines_lead_from_each_job_to_its_parent(sent: Pipeline) -> None:
    tree = rows(plan_of(sent))
    columns: dict[int, str] = {}
    for row in tree:
        column = len(row.prefix)
        keeps_indentation = row.prefix.endswith("↓")
        if row.parent is not None:
            assert columns[column if keeps_indentation else column - 2] == row.parent
        columns = {at: node for at, node in columns.items() if at < column} | {column: row.id}


@given(any_pipelines())
def test_the_indentation_of_a_tree_is_limited(sent: Pipeline) -> None:
    tree = rows(plan_of(sent))
    widest = max((len(row.prefix) for row in tree), default=0)
    assert widest <= 2 * (DEEPEST + len(tree).bit_length())
