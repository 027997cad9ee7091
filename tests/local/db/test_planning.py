from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.local.db.lineage_model import (
    DatasetLink,
    DatasetSource,
    KnownJob,
    Lineage,
    MadeVersion,
)
from studio_tui.local.db.planning import RebuildPlan, UnknownDataset, plan
from studio_tui.local.shim.datasets import read_name


class Story:
    """Tells, run by run, how datasets came to be."""

    def __init__(self) -> None:
        self.versions: dict[int, MadeVersion] = {}
        self.jobs: dict[str, KnownJob] = {}

    def run(
        self,
        job_id: str,
        *made: str,
        sources: Sequence[str] = (),
        reused: Sequence[str] = (),
        script: str | None = None,
        environment: str = "{}",
        is_complete: bool = True,
    ) -> None:
        """Let a job make versions from sources, each `name@version`, and use others again."""
        number = len(self.jobs) + 1
        name = script or job_id
        self.jobs[job_id] = KnownJob(number, name, name, environment, is_complete)
        from_ids = [self._id(source) for source in sources]
        for name in made:
            self.add(name, DatasetLink(job_id, is_creator=True), from_ids)
        for name in reused:
            self.add(name, DatasetLink(job_id, is_creator=False), ())

    def add(self, name: str, link: DatasetLink | None, from_ids: Sequence[int]) -> None:
        version = self.versions[self._id(name)]
        links = (*version.jobs, link) if link else version.jobs
        sources = tuple(DatasetSource(self.versions[at].dataset, at) for at in from_ids)
        self.versions[self._id(name)] = MadeVersion(
            version.dataset, version.version, False, links, (*version.sources, *sources)
        )

    def plan(self, *targets: str) -> RebuildPlan:
        return plan(targets, Lineage(self.versions, self.jobs))

    def _id(self, text: str) -> int:
        if ":" in text:  # a listing
            dataset, version = f"system.listing.{text}", "1.0.0"
        else:
            name = read_name(text)
            assert name is not None
            dataset, version = name.dataset, name.version or "1.0.0"
        for at, known in self.versions.items():
            if (known.dataset, known.version) == (dataset, version):
                return at
        self.versions[len(self.versions)] = MadeVersion(dataset, version)
        return len(self.versions) - 1


def order(planned: RebuildPlan) -> dict[str, tuple[str, ...]]:
    return {job.job_id: job.parents for job in planned.jobs}


@pytest.fixture
def story() -> Story:
    """Four jobs: base, its double, both merged, and two datasets made from that by one job."""
    story = Story()
    story.run("base", "base_a", sources=["lst__file:///x"])
    story.run("double", "dbl_b", sources=["base_a"])
    story.run("merge", "merged_c", sources=["base_a", "dbl_b"])
    story.run("two", "big_d", sources=["merged_c"])
    story.add("top_e", DatasetLink("two", is_creator=True), [story._id("big_d")])
    return story


def test_all_that_a_dataset_was_made_from_is_made_again_in_order(story: Story) -> None:
    assert order(story.plan("top_e")) == {
        "base": (),
        "double": ("base",),
        "merge": ("base", "double"),
        "two": ("merge",),
    }


def test_two_targets_share_jobs(story: Story) -> None:
    story.run("side", "side_f", sources=["base_a"])
    planned = story.plan("dbl_b", "side_f")
    assert order(planned) == {"base": (), "double": ("base",), "side": ("base",)}


def test_a_listing_pulls_in_nobody(story: Story) -> None:
    story.run("lister", "lst__file:///x")
    planned = story.plan("base_a")
    assert order(planned) == {"base": ()}
    assert planned.warnings == ()


@pytest.mark.parametrize(
    "name", ["base_a", "@base_a", "local.local.base_a", "@local.local.base_a", "local.base_a"]
)
def test_missing_parts_and_an_at_sign_say_nothing(story: Story, name: str) -> None:
    assert order(story.plan(name)) == {"base": ()}


def test_without_a_version_the_highest_that_is_there_is_meant(story: Story) -> None:
    story.run("tenth", "base_a@1.0.10")
    story.run("ninth", "base_a@1.0.9")
    story.run("gone", "base_a@2.0.0")
    at = story._id("base_a@2.0.0")
    removed = story.versions[at]
    story.versions[at] = MadeVersion(removed.dataset, "2.0.0", True, removed.jobs)
    assert order(story.plan("base_a")) == {"tenth": ()}
    assert order(story.plan("base_a@1.0.9")) == {"ninth": ()}
    assert order(story.plan("base_a@2.0.0")) == {"gone": ()}


@pytest.mark.parametrize("name", ["cats", "base_a@9.0.0", "a.b.c.d", "base_a@banana", ""])
def test_an_unknown_dataset_is_named(story: Story, name: str) -> None:
    with pytest.raises(UnknownDataset) as caught:
        story.plan("base_a", name)
    assert caught.value.args == (name,)


def test_all_unknown_datasets_are_named_at_once(story: Story) -> None:
    with pytest.raises(UnknownDataset) as caught:
        story.plan("cats", "base_a", "dogs")
    assert caught.value.args == ("cats", "dogs")


def test_the_run_that_works_is_preferred_to_the_one_that_crashed() -> None:
    story = Story()
    story.run("crashed", "step_x", script="crash.py, broken", is_complete=False)
    story.run("fixed", "step_y", sources=["step_x"], reused=["step_x"], script="crash.py")
    assert order(story.plan("step_y")) == {"fixed": ()}
    assert order(story.plan("step_x")) == {"fixed": ()}


def test_a_job_of_the_plan_that_used_a_version_again_is_preferred_to_its_maker() -> None:
    story = Story()
    story.run("maker", "step_x")
    story.run("user", "step_y", sources=["step_x"], reused=["step_x"])
    assert order(story.plan("step_x", "step_y")) == {"user": ()}
    assert order(story.plan("step_x")) == {"maker": ()}


def test_the_newest_of_several_runs_of_a_script_represents_all() -> None:
    story = Story()
    story.run("old", "a@1.0.0", script="a.py")
    story.run("b", "b", sources=["a@1.0.0"])
    story.run("new", "a@1.0.1", script="a.py")
    story.run("c", "c", sources=["a@1.0.1", "b"])
    assert order(story.plan("c")) == {"new": (), "b": ("new",), "c": ("new", "b")}


def test_a_script_with_other_variables_is_another_job_unless_it_made_the_same() -> None:
    story = Story()
    story.run("bayes", "bayes", script="train.py", environment='{"MODEL": "bayes"}')
    story.run("centroid", "centroid", script="train.py", environment='{"MODEL": "centroid"}')
    story.run("all", "all", sources=["bayes", "centroid"])
    assert set(order(story.plan("all"))) == {"bayes", "centroid", "all"}
    story.run("again", "bayes@1.0.1", script="train.py", environment='{"MODEL": "bayes", "N": "2"}')
    story.run("both", "both", sources=["bayes@1.0.0", "bayes@1.0.1"])
    assert order(story.plan("both")) == {"again": (), "both": ("again",)}


def test_what_has_no_job_stays_as_it_is_with_a_warning(story: Story) -> None:
    story.run("late", "late", sources=["pulled@3.0.0", "base_a"])
    planned = story.plan("late")
    assert order(planned) == {"base": (), "late": ("base",)}
    assert planned.warnings == ("No known job made local.local.pulled@3.0.0: it is not rebuilt.",)


def test_a_source_that_is_gone_is_a_warning(story: Story) -> None:
    at = story._id("base_a")
    base = story.versions[at]
    gone = (DatasetSource("local.local.raw", None), DatasetSource("", None))
    story.versions[at] = MadeVersion(base.dataset, base.version, False, base.jobs, gone)
    planned = story.plan("base_a")
    assert order(planned) == {"base": ()}
    assert len(planned.warnings) == 2
    assert all("local.local.base_a@1.0.0" in warning for warning in planned.warnings)
    assert "local.local.raw" in planned.warnings[0]


def test_a_dataset_made_from_its_last_version_does_not_wait_for_itself() -> None:
    story = Story()
    story.run("first", "log@1.0.0", script="log.py")
    story.run("second", "log@1.0.1", sources=["log@1.0.0"], script="log.py")
    assert order(story.plan("log")) == {"second": ()}


def test_a_circle_of_scripts_is_cut_with_a_warning() -> None:
    story = Story()
    story.run("a1", "a@1.0.0", script="a.py")
    story.run("b1", "b@1.0.0", sources=["a@1.0.0"], script="b.py")
    story.run("a2", "a@1.0.1", sources=["b@1.0.0"], script="a.py")
    story.run("end", "end", sources=["a@1.0.1"])
    planned = story.plan("end")
    assert order(planned) == {"b1": (), "a2": ("b1",), "end": ("a2",)}
    assert len(planned.warnings) == 1
    assert planned.warnings[0].startswith("b.py depends on its own results")


def test_a_corrected_job_replaces_the_one_whose_dataset_it_makes() -> None:
    story = Story()
    story.run("broken", "a@1.0.0")
    story.run("b", "b@1.0.0", sources=["a@1.0.0"])
    story.run("d", "d@1.0.0", sources=["a@1.0.0"])
    story.run("c", "c@1.0.0", sources=["b@1.0.0", "d@1.0.0"])
    story.run("mended", "a@1.0.1")
    story.run("b2", "b@1.0.1", sources=["a@1.0.1"], script="b")
    story.run("c2", "c@1.0.1", sources=["b@1.0.1", "d@1.0.0"], script="c")
    assert order(story.plan("c")) == {
        "mended": (),
        "b2": ("mended",),
        "d": ("mended",),
        "c2": ("d", "b2"),
    }


def test_a_fixed_job_runs_for_what_was_made_before_it_was_fixed() -> None:
    story = Story()
    story.run("broken", "a@1.0.0", sources=["old"])
    story.run("d", "d", sources=["a@1.0.0"])
    story.run("new", "new")
    story.run("mended", "a@1.0.1", sources=["new"])
    assert order(story.plan("d")) == {"new": (), "mended": ("new",), "d": ("mended",)}


def test_a_higher_version_that_is_gone_or_of_a_failed_job_is_not_current() -> None:
    story = Story()
    story.run("good", "a@1.0.0")
    story.run("d", "d", sources=["a@1.0.0"])
    story.run("failed", "a@1.0.1", is_complete=False)
    story.run("gone", "a@1.0.2")
    at = story._id("a@1.0.2")
    removed = story.versions[at]
    story.versions[at] = MadeVersion(removed.dataset, "1.0.2", True, removed.jobs)
    assert order(story.plan("d")) == {"good": (), "d": ("good",)}


def test_a_version_is_higher_by_its_numbers_and_not_by_when_it_was_made() -> None:
    story = Story()
    story.run("tenth", "a@1.0.10")
    story.run("second", "a@1.0.2")
    story.run("end", "end", sources=["a@1.0.2", "a@1.0.10"])
    assert order(story.plan("a@1.0.2", "end")) == {"tenth": (), "end": ("tenth",)}


def test_a_job_that_makes_a_target_is_not_replaced_by_one_that_does_not() -> None:
    story = Story()
    story.run("both", "big@1.0.0")
    story.add("top", DatasetLink("both", is_creator=True), [story._id("big@1.0.0")])
    story.run("split", "big@1.0.1")
    assert order(story.plan("top")) == {"both": ()}
    assert story.plan("top").warnings == ()


def test_a_warning_names_the_datasets_that_the_chosen_job_does_not_make() -> None:
    story = Story()
    story.run("old", "a@1.0.0", "extra@1.0.0")
    story.run("new", "a@1.0.1")
    story.run("end", "end", sources=["a@1.0.0", "extra@1.0.0"])
    planned = story.plan("end")
    assert order(planned) == {"new": (), "end": ("new",)}
    assert planned.warnings == (
        (
            "local.local.extra is not rebuilt: it was made by old, and new, which runs instead,"
            " does not make it."
        ),
    )


@st.composite
def lineages(draw: st.DrawFn) -> Lineage:
    """Any lineage at all, circles and loose ends included."""
    count = draw(st.integers(1, 12))
    jobs = {
        f"job{number}": KnownJob(
            number,
            draw(st.sampled_from(["a.py", "b.py", "c.py"])),
            draw(st.sampled_from(["x", "y"])),
            draw(st.sampled_from(["{}", '{"A": "1"}'])),
            draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 8)))
    }
    links = st.builds(DatasetLink, st.sampled_from([*jobs, "stranger"]), st.booleans())
    datasets = st.sampled_from([*(f"local.local.d{at}" for at in range(5)), "s.l.lst__x"])
    sources = st.builds(DatasetSource, datasets, st.none() | st.integers(0, count))
    versions = st.builds(
        MadeVersion,
        datasets,
        st.sampled_from(["1.0.0", "1.0.1", "1.0.10"]),
        st.booleans(),
        st.lists(links, max_size=3).map(tuple),
        st.lists(sources, max_size=4).map(tuple),
    )
    return Lineage(dict(enumerate(draw(st.lists(versions, min_size=count, max_size=count)))), jobs)


@given(lineages(), st.data())
def test_every_plan_is_in_order_and_makes_each_dataset_by_at_most_one_job(
    lineage: Lineage, data: st.DataObject
) -> None:
    names = sorted({f"{v.dataset}@{v.version}" for v in lineage.versions.values()})
    targets = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
    planned = plan(targets, lineage)
    seen: set[str] = set()
    for job in planned.jobs:
        assert job.job_id in lineage.jobs
        assert job.job_id not in seen, "each job is planned once"
        assert set(job.parents) <= seen, "parents come first"
        assert len(set(job.parents)) == len(job.parents)
        seen.add(job.job_id)
    assert planned.jobs or planned.warnings, "what is left as it is, is said"
    makers: dict[str, set[str]] = {}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id in seen:
                makers.setdefault(version.dataset, set()).add(link.job_id)
    assert all(len(found) == 1 for found in makers.values()), "no dataset has two makers"
    assert plan(targets, lineage) == planned


@given(st.integers(1, 60), st.data())
def test_no_edge_of_a_graph_without_circles_is_lost_or_invented(
    count: int, data: st.DataObject
) -> None:
    story = Story()
    expected: dict[str, set[str]] = {}
    for number in range(count):
        sources = data.draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        story.run(f"j{number}", f"d{number}", sources=[f"d{at}" for at in sorted(sources)])
        expected[f"j{number}"] = {f"j{at}" for at in sources}
    planned = story.plan(f"d{count - 1}")
    wanted = {f"j{count - 1}"}
    for number in reversed(range(count)):
        if f"j{number}" in wanted:
            wanted |= expected[f"j{number}"]
    found = {job.job_id: set(job.parents) for job in planned.jobs}
    assert found == {job_id: expected[job_id] for job_id in wanted}
    assert planned.warnings == ()
