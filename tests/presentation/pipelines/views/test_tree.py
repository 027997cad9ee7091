"""The tree has each job once, and names each edge that it does not draw."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.tree import (
    COLUMNS,
    DEEPEST,
    TreeRow,
    cells,
    depths,
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


def drawn(
    sent: Pipeline, folded: Collection[str] = (), only: Collection[str] | None = None
) -> list[str]:
    plan = plan_of(sent)
    statuses = judge(plan, sent.state)
    return [
        "".join(part.text for part in name_parts(row, statuses)) for row in rows(plan, folded, only)
    ]


def test_the_sixteen_jobs() -> None:
    assert drawn(sixteen()) == [
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


def test_what_is_folded_says_what_it_hides_and_failures_first() -> None:
    assert drawn(sixteen(train_s="RUNNING"), {"dedupe", "ingest_labels", "publish"}) == [
        "✓ ingest_raw",
        "└─✓ index",
        "  └─✓ dedupe  +11: 1✗ 1● 8⊘ 1✓",
        "✓ ingest_labels  +1: 1✓",
    ]


def test_only_some_jobs_are_a_tree_too_that_names_the_others() -> None:
    assert drawn(sixteen(), only={"embed", "join_feats", "merge_train"}) == [
        "✗ embed  (also after dedupe)",
        "└─⊘ join_feats  (also after thumbs)",
        "  └─⊘ merge_train  (also after clean_labels; also feeds split)",
    ]


def test_a_chain_of_three_hundred_stays_in_sight() -> None:
    chain = pipeline_of([run(f"s{i}", [f"s{i - 1}"] if i else []) for i in range(300)])
    assert drawn(chain)[11:15] == [
        f"{20 * ' '}└─· s11",
        f"{22 * ' '}└─· s12",
        f"{23 * ' '}↓· s13",
        f"{23 * ' '}↓· s14",
    ]
    assert max(map(len, drawn(chain))) < 80


def test_below_the_deepest_level_only_siblings_of_the_last_child_are_indented() -> None:
    assert drawn(chain_of_diamonds(300))[-4:] == [
        f"{23 * ' '}↓· top299  (also after left298)",
        f"{24 * ' '}├─· left299  (also feeds top300)",
        f"{23 * ' '}↓· right299",
        f"{23 * ' '}↓· top300  (also after left299)",
    ]


def test_the_child_with_the_most_below_it_continues_in_a_lane() -> None:
    # Each step has a leaf that comes after the next step, so that the steps are no last children.
    steps = [run("s0", [])]
    for index in range(1, 300):
        steps += [run(f"s{index}", [f"s{index - 1}"]), run(f"leaf{index}", [f"s{index - 1}"])]
    assert max(map(len, drawn(pipeline_of(steps)))) <= 2 * DEEPEST + 12


def test_many_links_are_named_in_part() -> None:
    assert drawn(fan(30))[-1] == (
        "  └─· last  (also after shard_0000, shard_0001, shard_0002 and 26 more)"
    )


def test_what_no_plan_should_have_is_reported_in_words() -> None:
    assert drawn(pipeline(a=["f00dfeed-1"], b=["c"], c=["b", "c"])) == [
        "· a  (waits for f00dfeed, not in the pipeline)",
        "· b  (waits for c, which waits for it)",
        "└─· c  (waits for itself)",
    ]


def test_cells_say_how_far_how_long_and_why() -> None:
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
    known = ViewModel(judge(plan_of(sent), sent.state), _NOON, jobs, bars, past)
    said = {row.id: cells(row, known) for row in rows(known.plan)}
    assert [cell.text for cell in said["embed"]] == [
        "    └─✗ embed",
        "✗ FAILED",
        *("", "", "9:58", "usual 6:40"),
        "[red]CUDA[/] out of memory · blocks 9",
    ]
    assert said["embed"][-1].tone is Tone.BAD
    assert [cell.text for cell in said["thumbs"]][1:] == [
        *("● RUNNING", "▕██▏░░░▏", "37%", "10:00", "~0:12 left", "3.1 it/s")
    ]
    assert [cell.text for cell in said["split"]][1:] == [
        *("⊘ BLOCKED", "", "", "", ""),
        "blocked by embed, which failed",
    ]
    assert all(len(line) == len(COLUMNS) for line in said.values())


def _edges(plan: Plan) -> set[tuple[str, str]]:
    return {(parent, node.id) for node in plan.nodes.values() for parent in node.parents}


def _told(seen: Collection[TreeRow]) -> list[tuple[str, str]]:
    drawn = [(row.parent, row.id) for row in seen if row.parent is not None]
    return [*drawn, *((other, row.id) for row in seen for other in row.also_after)]


@given(any_pipelines())
def test_each_job_is_drawn_once_and_no_edge_is_lost_or_invented(sent: Pipeline) -> None:
    plan = plan_of(sent)
    seen = rows(plan)
    assert sorted(row.id for row in seen) == sorted(plan.nodes)
    assert sorted(_told(seen)) == sorted(_edges(plan))
    fed = {(row.id, child) for row in seen for child in row.also_feeds}
    assert fed == {(other, row.id) for row in seen for other in row.also_after}


@given(any_pipelines())
def test_each_job_is_below_its_deepest_parent(sent: Pipeline) -> None:
    plan = plan_of(sent)
    depth = depths(plan)
    for row in rows(plan):
        if row.parent is not None:
            assert depth[row.parent] == depth[row.id] - 1


@given(any_pipelines(), st.data())
def test_a_fold_hides_exactly_the_jobs_below_it(sent: Pipeline, data: st.DataObject) -> None:
    plan = plan_of(sent)
    whole = rows(plan)
    folded = data.draw(st.sets(st.sampled_from(sorted(plan.nodes)))) if plan.nodes else set()
    parents = {row.id: row.parent for row in whole}
    seen = rows(plan, folded)
    shown = [row.id for row in seen]
    hidden = [node_id for row in seen for node_id in row.hidden]
    assert sorted(shown + hidden) == sorted(plan.nodes)
    assert shown == [row.id for row in whole if row.id in set(shown)]
    for row in seen:
        for node_id in row.hidden:
            above = node_id
            while above != row.id:
                above = parents[above] or row.id
                assert above not in shown or above == row.id
    by_id = {row.id: row for row in whole}
    assert all(row.prefix == by_id[row.id].prefix for row in seen)


@given(any_pipelines(), st.data())
def test_a_part_of_the_tree_loses_no_edge_either(sent: Pipeline, data: st.DataObject) -> None:
    plan = plan_of(sent)
    only = data.draw(st.sets(st.sampled_from(sorted(plan.nodes)))) if plan.nodes else set()
    seen = rows(plan, only=only)
    assert {row.id for row in seen} == only
    assert sorted(_told(seen)) == sorted(edge for edge in _edges(plan) if edge[1] in only)


@given(any_pipelines())
def test_the_guides_lead_from_each_job_to_its_parent(sent: Pipeline) -> None:
    seen = rows(plan_of(sent))
    columns: dict[int, str] = {}
    for row in seen:
        column = len(row.prefix)
        is_lane = row.prefix.endswith("↓")
        if row.parent is not None:
            assert columns[column if is_lane else column - 2] == row.parent
        columns = {at: node for at, node in columns.items() if at < column} | {column: row.id}


@given(any_pipelines())
def test_no_tree_is_much_wider_than_it_is_high(sent: Pipeline) -> None:
    seen = rows(plan_of(sent))
    widest = max((len(row.prefix) for row in seen), default=0)
    assert widest <= 2 * (DEEPEST + len(seen).bit_length())
