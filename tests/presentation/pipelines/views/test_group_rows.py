"""A list of groups has rows for some failed and running jobs, and counts all other jobs."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.cells import dim_row
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.group_rows import (
    COLUMNS,
    FAILED_SHOWN,
    GroupRow,
    cells,
    name_parts,
    rows,
)
from studio_tui.presentation.pipelines.views.groups import group_jobs
from tests.presentation.pipelines.graphs import any_pipelines, pipeline_of, run
from tests.presentation.pipelines.sample import thousand

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def statuses_of(sent: Pipeline) -> JobStatuses:
    return judge(plan_of(sent), sent.state)


def texts(group_rows: tuple[GroupRow, ...], statuses: JobStatuses) -> list[str]:
    return ["".join(part.text for part in name_parts(row, statuses)) for row in group_rows]


def test_the_thousand_sample_jobs_have_thirteen_rows() -> None:
    statuses = statuses_of(thousand())
    assert texts(rows(group_jobs(statuses.plan), statuses), statuses) == [
        " ✓ 01_list",
        "▸✓ 02_shard_*",
        "▾✗ 03_embed_*",
        "   ✗ 03_embed_0042",
        "   ✗ 03_embed_0310",
        "   ✗ 03_embed_0311",
        "   ● 03_embed_0132",
        "   ● 03_embed_0133",
        "   ● 03_embed_0134",
        "   … 11 more running, 22 queued, 310 waiting, 131 done",
        "▸· 04_merge_*",
        "▸⊘ 05_eval_*",
        " ⊘ 06_publish",
    ]


def test_the_row_of_a_group_shows_its_size_progress_and_slowest_job() -> None:
    statuses = statuses_of(thousand())
    jobs = {
        f"run-{name}": Job(
            id=f"run-{name}",
            status=status,
            started_at=_NOON - timedelta(seconds=seconds),
            finished_at=_NOON if status == "COMPLETE" else None,
        )
        for name, status, seconds in (
            ("03_embed_0135", "RUNNING", 890),
            ("03_embed_0136", "RUNNING", 20),
            ("02_shard_113", "COMPLETE", 542),
        )
    }
    model = ViewModel(statuses, _NOON, jobs, past_seconds={"03_embed_0135": (190.0, 190.0, 190.0)})
    texts_by_title = {
        row.group.title: [cell.text for cell in dim_row(cells(row, model))][1:]
        for row in rows(group_jobs(statuses.plan), statuses)
        if row.node_id is None and not row.hidden
    }
    assert texts_by_title == {
        "02_shard_*": ["480", f"▕{8 * '█'}▏", "", "", "", "slowest 02_shard_113 9:02"],
        "03_embed_*": [
            *("480", "▕██✗▓▒░░░▏", "3", "", ""),
            "slowest 03_embed_0135 14:50 (usual 3:10)",
        ],
        "04_merge_*": [
            *("24", f"▕{8 * '░'}▏", "", "2", ""),
            "04_merge_00: ready: Studio has not queued it yet",
        ],
        "05_eval_*": [
            *("14", f"▕{8 * '░'}▏", "", "14", ""),
            "05_eval_0: blocked by 03_embed_0042, 03_embed_0310, 03_embed_0311, which failed",
        ],
    }


def test_a_queued_or_starting_job_is_not_the_slowest_job() -> None:
    statuses = statuses_of(thousand())

    def slowest(*more_jobs: tuple[str, str, int, int | None]) -> str:
        jobs = {
            f"run-{name}": Job(
                id=f"run-{name}",
                status=status,
                created_at=_NOON - timedelta(seconds=created),
                started_at=None if started is None else _NOON - timedelta(seconds=started),
            )
            for name, status, created, started in (
                ("01_list", "COMPLETE", 4000, 4000), *more_jobs,
            )
        }  # fmt: skip
        done = jobs["run-01_list"].model_copy(update={"finished_at": _NOON})
        model = ViewModel(statuses, _NOON, {**jobs, "run-01_list": done})
        embeds = next(
            row
            for row in rows(group_jobs(statuses.plan), statuses)
            if row.node_id is None and row.group.title == "03_embed_*"
        )
        return dim_row(cells(embeds, model))[-1].text

    running_job = ("03_embed_0135", "RUNNING", 900, 20)
    assert (
        slowest(running_job, ("03_embed_0136", "QUEUED", 900, None)) == "slowest 03_embed_0135 0:20"
    )
    assert slowest(running_job, ("03_embed_0136", "INIT", 900, 500)) == "slowest 03_embed_0135 0:20"
    assert slowest(("03_embed_0136", "QUEUED", 900, None)) == ""


def test_only_the_first_of_many_failures_have_rows() -> None:
    statuses = statuses_of(pipeline_of([run(f"s{number}", [], "FAILED") for number in range(300)]))
    groups = group_jobs(statuses.plan)
    lines = texts(rows(groups, statuses), statuses)
    assert len(lines) == 1 + FAILED_SHOWN + 1
    assert lines[-1] == "   … 290 more failed"


def test_a_group_can_list_all_of_its_jobs_or_be_folded() -> None:
    statuses = statuses_of(thousand())
    groups = group_jobs(statuses.plan)
    merges, embeds = groups[3].key, groups[2].key
    group_rows = rows(groups, statuses, listed={merges}, folded={embeds})
    assert [row.node_id for row in group_rows if row.group.key == merges][1:] == list(
        groups[3].members
    )
    assert [row.key for row in group_rows if row.group.key == embeds] == [embeds]


@given(any_pipelines(), st.data())
def test_each_job_has_a_row_or_is_counted_in_a_row(sent: Pipeline, data: st.DataObject) -> None:
    statuses = statuses_of(sent)
    groups = group_jobs(statuses.plan)
    keys = st.sets(st.sampled_from([group.key for group in groups])) if groups else st.just(set())
    listed, folded = data.draw(keys), data.draw(keys)
    group_rows = rows(groups, statuses, listed=listed, folded=folded)
    assert len({row.key for row in group_rows}) == len(group_rows)
    with_row = [row.node_id for row in group_rows if row.node_id is not None]
    counted = [node_id for row in group_rows for node_id in row.hidden]
    in_closed_groups = [
        member
        for row in group_rows
        if row.node_id is None and not row.hidden and not row.is_open
        for member in row.group.members
    ]
    assert sorted(with_row + counted + in_closed_groups) == sorted(statuses.plan.nodes)
    model = ViewModel(statuses, _NOON)
    for row in group_rows:
        line = dim_row(cells(row, model))
        assert len(line) == len(COLUMNS)
        if row.hidden:
            numbers = re.findall(r"[0-9]+", line[0].text)
            assert sum(map(int, numbers)) == len(row.hidden)
