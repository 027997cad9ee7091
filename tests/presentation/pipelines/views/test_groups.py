"""Similar jobs form a group, each job is in one group, and links connect the groups of edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.views.groups import (
    Group,
    group_jobs,
    parents_of,
    wants_groups,
)
from tests.presentation.pipelines.graphs import any_pipelines, fan, pipeline, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen, thousand


def titles(sent: Pipeline) -> list[tuple[str, int]]:
    return [(group.title, len(group.members)) for group in group_jobs(plan_of(sent))]


def jobs_named(*names: str) -> Pipeline:
    """Return jobs that wait for different jobs, so that only their names can be alike."""
    above = [run(f"above-{name}", []) for name in names]
    below = [run(name, [f"above-{name}"]) for name in names]
    return pipeline_of([*above, *below])


def test_the_thousand_sample_jobs_form_six_groups() -> None:
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
def test_names_that_differ_only_in_numbers_or_hashes_form_a_group(
    names: tuple[str, ...], title: str
) -> None:
    assert (title, len(names)) in titles(jobs_named(*names))


def test_a_leading_number_separates_groups_if_many_jobs_share_it() -> None:
    names = [f"{stage}_embed_{number}" for stage in ("03", "07") for number in range(5)]
    found_titles = titles(jobs_named(*names))
    assert ("03_embed_*", 5) in found_titles
    assert ("07_embed_*", 5) in found_titles


def test_words_of_hexadecimal_letters_are_not_taken_for_hashes() -> None:
    assert titles(pipeline(facade=[], decade=["facade"], defaced=["decade"])) == [
        ("facade", 1),
        ("decade", 1),
        ("defaced", 1),
    ]


def test_jobs_with_different_names_form_a_group_if_their_edges_are_the_same() -> None:
    sent = pipeline(start=[], alpha=["start"], beta=["start"], gamma=["start"], other=["alpha"])
    assert titles(sent) == [(name, 1) for name in ("start", "alpha", "beta", "gamma", "other")]
    start = ["start"]
    sent = pipeline(start=[], cats=start, dogs=start, eels=start, fish=start)
    assert titles(sent) == [("start", 1), ("cats, dogs, eels and 1 more", 4)]
    sent = pipeline(start=[], train_small=start, train_large=start, train_tiny=start)
    assert titles(sent) == [("start", 1), ("train_*", 3)]


def test_the_title_of_a_group_of_files_keeps_their_common_extension() -> None:
    start = ["start"]
    names = ("eval_cars.py", "eval_dogs.py", "eval_cats.py")
    assert titles(pipeline(start=[], **dict.fromkeys(names, start)))[1] == ("eval_*.py", 3)
    names = ("eval_01.py", "eval_02.py", "eval_03.py")
    assert titles(pipeline(start=[], **dict.fromkeys(names, start)))[1] == ("eval_*.py", 3)
    names = ("eval_cars.py", "eval_dogs.sh", "eval_cats")
    assert titles(pipeline(start=[], **dict.fromkeys(names, start)))[1] == ("eval_*", 3)


def test_two_jobs_are_no_group() -> None:
    assert titles(fan(2)) == [(name, 1) for name in ("first", "shard_0000", "shard_0001", "last")]


def test_the_key_of_a_group_does_not_depend_on_states_and_is_no_job_id() -> None:
    pending = fan(30)
    runs = tuple(each.model_copy(update={"status": "COMPLETE"}) for each in pending.job_runs)
    plan, done = plan_of(pending), plan_of(pending.model_copy(update={"job_runs": runs}))
    before, after = group_jobs(plan), group_jobs(done)
    assert before == after
    assert [group.is_single_job for group in before] == [True, False, True]
    assert [group.key in plan.nodes for group in before] == [True, False, True]
    assert before[1].key.startswith("\0")


def test_links_say_which_groups_depend_on_one_another() -> None:
    plan = plan_of(thousand())
    groups = group_jobs(plan)
    title = {group.key: group.title for group in groups}
    parents = parents_of(groups, plan).items()
    assert {title[key]: [title[each] for each in above] for key, above in parents} == {
        "01_list": [],
        "02_shard_*": ["01_list"],
        "03_embed_*": ["02_shard_*"],
        "04_merge_*": ["03_embed_*"],
        "05_eval_*": ["04_merge_*"],
        "06_publish": ["05_eval_*"],
    }


def test_edges_inside_a_group_are_no_link() -> None:
    chain = [run(f"s{number}", [f"s{number - 1}"] if number else []) for number in range(4)]
    plan = plan_of(pipeline_of(chain))
    assert not any(parents_of(group_jobs(plan), plan).values())


@given(any_pipelines())
def test_each_job_is_in_one_group_and_no_edge_is_lost(sent: Pipeline) -> None:
    plan = plan_of(sent)
    groups = group_jobs(plan)
    members = [member for group in groups for member in group.members]
    assert sorted(members) == sorted(plan.nodes)
    assert len({group.key for group in groups}) == len(groups)
    group_of = {member: group.key for group in groups for member in group.members}
    edges = {
        (group_of[parent], group_of[node.id])
        for node in plan.nodes.values()
        for parent in node.parents
    }
    between_groups = {(source, target) for source, target in edges if source != target}
    parents = parents_of(groups, plan).items()
    assert {(above, key) for key, others in parents for above in others} == between_groups


@given(st.lists(st.text(max_size=12), max_size=20, unique=True))
def test_jobs_with_any_names_can_be_grouped(names: list[str]) -> None:
    runs = [run(f"n{number}", []) for number in range(len(names))]
    sent = pipeline_of(
        [each.model_copy(update={"name": name}) for each, name in zip(runs, names, strict=True)]
    )
    groups: tuple[Group, ...] = group_jobs(plan_of(sent))
    assert sum(len(group.members) for group in groups) == len(names)
