"""Similar jobs form a group, each job is in one, and no edge between groups is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.views.groups import (
    Group,
    GroupBy,
    group_jobs,
    links,
    wants_groups,
)
from tests.presentation.pipelines.graphs import any_pipelines, fan, pipeline, pipeline_of, run
from tests.presentation.pipelines.sample import SIXTEEN, sixteen, thousand


def titles(sent: Pipeline, by: GroupBy = GroupBy.NAME) -> list[tuple[str, int]]:
    return [(group.title, len(group.members)) for group in group_jobs(plan_of(sent), by)]


def named(*names: str) -> Pipeline:
    """Return jobs that all wait for something else, so that only their names are alike."""
    above = [run(f"above-{name}", []) for name in names]
    below = [run(name, [f"above-{name}"]) for name in names]
    return pipeline_of([*above, *below])


def test_a_thousand_jobs_are_six_groups() -> None:
    assert titles(thousand()) == [
        ("01_list", 1),
        ("02_shard_*", 480),
        ("03_embed_*", 480),
        ("04_merge_*", 24),
        ("05_eval_*", 14),
        ("06_publish", 1),
    ]


def test_groups_are_wanted_for_many_jobs_or_many_children() -> None:
    assert not wants_groups(plan_of(sixteen()))
    assert not wants_groups(plan_of(fan(8)))
    assert wants_groups(plan_of(fan(9)))
    chain = [run(f"s{number}", [f"s{number - 1}"] if number else []) for number in range(151)]
    assert not wants_groups(plan_of(pipeline_of(chain[:-1])))
    assert wants_groups(plan_of(pipeline_of(chain)))


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("embed_0042.py", "embed_0043.py", "embed_9.py"), "embed_*.py"),
        (("load-3f9a2b1c", "load-77aa01bb", "load-0c0ffee0"), "load-*"),
        (
            tuple(f"job {first}b1c2d3e-0000-4000-8000-000000000000" for first in "123"),
            "job *",
        ),
        (("day 2024-01-05", "day 2024-01-06", "day 2024-02-01"), "day *"),
        (("s3_load_1", "s3_load_2", "s3_load_3"), "s3_load_*"),
        (("001_x", "002_x", "003_x"), "*_x"),
        (("1", "2", "3"), "*"),
        (("[red]1", "[red]2", "[red]3"), "[red]*"),
    ],
)
def test_names_are_alike_without_numbers_and_hashes(names: tuple[str, ...], title: str) -> None:
    assert (title, len(names)) in titles(named(*names))


def test_a_leading_number_is_a_stage_if_many_jobs_share_it() -> None:
    names = [f"{stage}_embed_{number}" for stage in ("03", "07") for number in range(5)]
    said = titles(named(*names))
    assert ("03_embed_*", 5) in said
    assert ("07_embed_*", 5) in said


def test_words_that_could_be_hashes_are_none() -> None:
    assert titles(pipeline(facade=[], decade=["facade"], defaced=["decade"])) == [
        ("facade", 1),
        ("decade", 1),
        ("defaced", 1),
    ]


def test_jobs_of_other_names_are_alike_by_what_they_wait_for_and_feed() -> None:
    sent = pipeline(start=[], alpha=["start"], beta=["start"], gamma=["start"], other=["alpha"])
    assert titles(sent) == [(name, 1) for name in ("start", "alpha", "beta", "gamma", "other")]
    start = ["start"]
    sent = pipeline(start=[], cats=start, dogs=start, eels=start, fish=start)
    assert titles(sent) == [("start", 1), ("cats, dogs, eels and 1 more", 4)]
    sent = pipeline(start=[], train_small=start, train_large=start, train_tiny=start)
    assert titles(sent) == [("start", 1), ("train_*", 3)]


def test_files_are_alike_by_name_or_by_links_with_what_they_end_with() -> None:
    start = ["start"]
    names = ("eval_cars.py", "eval_dogs.py", "eval_cats.py")
    assert titles(pipeline(start=[], **dict.fromkeys(names, start)))[1] == ("eval_*.py", 3)
    names = ("eval_01.py", "eval_02.py", "eval_03.py")
    assert titles(pipeline(start=[], **dict.fromkeys(names, start)))[1] == ("eval_*.py", 3)
    names = ("eval_cars.py", "eval_dogs.sh", "eval_cats")
    assert titles(pipeline(start=[], **dict.fromkeys(names, start)))[1] == ("eval_*", 3)


def test_two_are_no_group() -> None:
    assert titles(fan(2)) == [(name, 1) for name in ("first", "shard_0000", "shard_0001", "last")]


def test_stages_are_groups_on_request() -> None:
    assert titles(sixteen(), GroupBy.STAGE)[:4] == [
        ("1: ingest_raw, ingest_labels", 2),
        ("2: index, clean_labels", 2),
        ("dedupe", 1),
        ("4: thumbs, embed", 2),
    ]


def test_a_group_has_the_same_key_when_states_change_and_never_that_of_a_job() -> None:
    before, after = group_jobs(plan_of(fan(30))), group_jobs(plan_of(fan(30)))
    assert before == after
    assert [group.is_single_job for group in before] == [True, False, True]
    assert all(group.key not in SIXTEEN for group in before)
    assert before[1].key.startswith("\0")


def test_links_say_how_groups_depend_on_one_another() -> None:
    plan = plan_of(thousand())
    groups = group_jobs(plan)
    title = {group.key: group.title for group in groups}
    said = [
        (title[link.source], link.pattern, link.edges, title[link.target])
        for link in links(plan, groups)
    ]
    assert said == [
        ("01_list", "", 480, "02_shard_*"),
        ("02_shard_*", "1:1", 480, "03_embed_*"),
        ("03_embed_*", "20:1", 480, "04_merge_*"),
        ("04_merge_*", "all", 336, "05_eval_*"),
        ("05_eval_*", "", 14, "06_publish"),
    ]


@pytest.mark.parametrize(
    ("waits", "pattern"),
    [
        ([["a1"], ["a2"], ["a3"]], "1:1"),
        ([["a1", "a2"], ["a2", "a3"], ["a3", "a1"]], "2:2"),
        ([["a1"], ["a1"], ["a2"]], "mixed"),
        ([["a1"], ["a1"], ["a2"], ["a2"]], "mixed"),
        ([["a1", "a2", "a3"]] * 3, "all"),
        ([["a1"], ["a1"], ["a2"], ["a2"], ["a3"], ["a3"]], "1:2"),
    ],
)
def test_a_pattern_is_named_only_if_it_holds_for_all_edges(
    waits: list[list[str]], pattern: str
) -> None:
    above = [run(name, []) for name in ("a1", "a2", "a3")]
    below = [run(f"b{number}", parents) for number, parents in enumerate(waits)]
    plan = plan_of(pipeline_of([*above, *below]))
    (link,) = links(plan, group_jobs(plan))
    assert link.pattern == pattern


def test_edges_inside_a_group_are_links_too() -> None:
    chain = [run(f"s{number}", [f"s{number - 1}"] if number else []) for number in range(4)]
    plan = plan_of(pipeline_of(chain))
    (link,) = links(plan, group_jobs(plan))
    assert (link.source == link.target, link.edges, link.pattern) == (True, 3, "within")


@given(any_pipelines(), st.sampled_from(GroupBy))
def test_each_job_is_in_one_group_and_no_edge_is_lost(sent: Pipeline, by: GroupBy) -> None:
    plan = plan_of(sent)
    groups = group_jobs(plan, by)
    members = [member for group in groups for member in group.members]
    assert sorted(members) == sorted(plan.nodes)
    assert len({group.key for group in groups}) == len(groups)
    total = sum(len(node.parents) for node in plan.nodes.values())
    assert sum(link.edges for link in links(plan, groups)) == total


@given(st.lists(st.text(max_size=12), max_size=20, unique=True))
def test_whatever_jobs_are_called_they_are_grouped(names: list[str]) -> None:
    runs = [run(f"n{number}", []) for number in range(len(names))]
    sent = pipeline_of(
        [each.model_copy(update={"name": name}) for each, name in zip(runs, names, strict=True)]
    )
    groups: tuple[Group, ...] = group_jobs(plan_of(sent))
    assert sum(len(group.members) for group in groups) == len(names)
