from collections.abc import Sequence
from dataclasses import replace

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
from studio_tui.local.db.run_order import in_order
from studio_tui.local.shim.datasets import read_name


class LineageBuilder:
    """Builds a lineage, one run of a job after the other."""

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
        """Add a job that made versions from sources and reused others, each `name@version`."""
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
        sources = tuple(DatasetSource(self.versions[each].dataset, each) for each in from_ids)
        self.versions[self._id(name)] = MadeVersion(
            version.dataset, version.version, False, links, (*version.sources, *sources)
        )

    def remove(self, name: str) -> None:
        version = self.versions[self._id(name)]
        self.versions[self._id(name)] = replace(version, is_removed=True)

    def plan(self, *targets: str) -> RebuildPlan:
        return plan(targets, Lineage(self.versions, self.jobs))

    def _id(self, text: str) -> int:
        if ":" in text:  # a listing
            dataset, version = f"system.listing.{text}", "1.0.0"
        else:
            name = read_name(text)
            assert name is not None
            dataset, version = name.dataset, name.version or "1.0.0"
        for version_id, made in self.versions.items():
            if (made.dataset, made.version) == (dataset, version):
                return version_id
        self.versions[len(self.versions)] = MadeVersion(dataset, version)
        return len(self.versions) - 1


def parents_by_job(planned: RebuildPlan) -> dict[str, tuple[str, ...]]:
    return {job.job_id: job.parents for job in planned.jobs}


@pytest.fixture
def builder() -> LineageBuilder:
    """Four jobs: one makes base_a, one doubles it, one merges both, one makes two datasets."""
    builder = LineageBuilder()
    builder.run("base", "base_a", sources=["lst__file:///x"])
    builder.run("double", "dbl_b", sources=["base_a"])
    builder.run("merge", "merged_c", sources=["base_a", "dbl_b"])
    builder.run("two", "big_d", sources=["merged_c"])
    builder.add("top_e", DatasetLink("two", is_creator=True), [builder._id("big_d")])
    return builder


def test_all_sources_of_a_dataset_are_made_again_in_order(builder: LineageBuilder) -> None:
    assert parents_by_job(builder.plan("top_e")) == {
        "base": (),
        "double": ("base",),
        "merge": ("base", "double"),
        "two": ("merge",),
    }


def test_two_targets_share_jobs(builder: LineageBuilder) -> None:
    builder.run("side", "side_f", sources=["base_a"])
    planned = builder.plan("dbl_b", "side_f")
    assert parents_by_job(planned) == {"base": (), "double": ("base",), "side": ("base",)}


def test_a_listing_adds_no_job_to_the_plan(builder: LineageBuilder) -> None:
    builder.run("lister", "lst__file:///x")
    planned = builder.plan("base_a")
    assert parents_by_job(planned) == {"base": ()}
    assert planned.warnings == ()


@pytest.mark.parametrize(
    "name", ["base_a", "@base_a", "local.local.base_a", "@local.local.base_a", "local.base_a"]
)
def test_a_dataset_is_found_with_or_without_namespace_project_and_at_sign(
    builder: LineageBuilder, name: str
) -> None:
    assert parents_by_job(builder.plan(name)) == {"base": ()}


def test_a_target_without_a_version_means_the_highest_existing_version(
    builder: LineageBuilder,
) -> None:
    builder.run("tenth", "base_a@1.0.10")
    builder.run("ninth", "base_a@1.0.9")
    builder.run("removed", "base_a@2.0.0")
    builder.remove("base_a@2.0.0")
    assert parents_by_job(builder.plan("base_a")) == {"tenth": ()}
    assert parents_by_job(builder.plan("base_a@1.0.9")) == {"ninth": ()}
    assert parents_by_job(builder.plan("base_a@2.0.0")) == {"removed": ()}


@pytest.mark.parametrize("name", ["cats", "base_a@9.0.0", "a.b.c.d", "base_a@banana", ""])
def test_an_unknown_dataset_is_named_in_the_error(builder: LineageBuilder, name: str) -> None:
    with pytest.raises(UnknownDataset) as caught:
        builder.plan("base_a", name)
    assert caught.value.args == (name,)


def test_all_unknown_datasets_are_named_in_one_error(builder: LineageBuilder) -> None:
    with pytest.raises(UnknownDataset) as caught:
        builder.plan("cats", "base_a", "dogs")
    assert caught.value.args == ("cats", "dogs")


def test_a_complete_run_is_planned_instead_of_a_crashed_run_of_the_same_script() -> None:
    builder = LineageBuilder()
    builder.run("crashed", "step_x", script="crash.py, broken", is_complete=False)
    builder.run("fixed", "step_y", sources=["step_x"], reused=["step_x"], script="crash.py")
    assert parents_by_job(builder.plan("step_y")) == {"fixed": ()}
    assert parents_by_job(builder.plan("step_x")) == {"fixed": ()}


def test_a_planned_job_that_reused_a_version_replaces_the_job_that_made_it() -> None:
    builder = LineageBuilder()
    builder.run("maker", "step_x")
    builder.run("user", "step_y", sources=["step_x"], reused=["step_x"])
    assert parents_by_job(builder.plan("step_x", "step_y")) == {"user": ()}
    assert parents_by_job(builder.plan("step_x")) == {"maker": ()}


def test_only_the_newest_of_several_runs_of_a_script_is_planned() -> None:
    builder = LineageBuilder()
    builder.run("old", "a@1.0.0", script="a.py")
    builder.run("b", "b", sources=["a@1.0.0"])
    builder.run("new", "a@1.0.1", script="a.py")
    builder.run("c", "c", sources=["a@1.0.1", "b"])
    assert parents_by_job(builder.plan("c")) == {"new": (), "b": ("new",), "c": ("new", "b")}


def test_a_script_with_another_environment_is_another_job_unless_it_made_the_same_dataset() -> None:
    builder = LineageBuilder()
    builder.run("bayes", "bayes", script="train.py", environment='{"MODEL": "bayes"}')
    builder.run("centroid", "centroid", script="train.py", environment='{"MODEL": "centroid"}')
    builder.run("all", "all", sources=["bayes", "centroid"])
    assert set(parents_by_job(builder.plan("all"))) == {"bayes", "centroid", "all"}
    builder.run(
        "again", "bayes@1.0.1", script="train.py", environment='{"MODEL": "bayes", "N": "2"}'
    )
    builder.run("both", "both", sources=["bayes@1.0.0", "bayes@1.0.1"])
    assert parents_by_job(builder.plan("both")) == {"again": (), "both": ("again",)}


def test_a_dataset_without_a_known_job_is_not_rebuilt_with_a_warning(
    builder: LineageBuilder,
) -> None:
    builder.run("late", "late", sources=["pulled@3.0.0", "base_a"])
    planned = builder.plan("late")
    assert parents_by_job(planned) == {"base": (), "late": ("base",)}
    assert planned.warnings == ("No known job made local.local.pulled@3.0.0: it is not rebuilt.",)


def test_a_removed_source_causes_a_warning(builder: LineageBuilder) -> None:
    version_id = builder._id("base_a")
    removed = (DatasetSource("local.local.raw", None), DatasetSource("", None))
    builder.versions[version_id] = replace(builder.versions[version_id], sources=removed)
    planned = builder.plan("base_a")
    assert parents_by_job(planned) == {"base": ()}
    assert len(planned.warnings) == 2
    assert all("local.local.base_a@1.0.0" in warning for warning in planned.warnings)
    assert "local.local.raw" in planned.warnings[0]


def test_a_dataset_made_from_its_previous_version_does_not_depend_on_itself() -> None:
    builder = LineageBuilder()
    builder.run("first", "log@1.0.0", script="log.py")
    builder.run("second", "log@1.0.1", sources=["log@1.0.0"], script="log.py")
    assert parents_by_job(builder.plan("log")) == {"second": ()}


def test_a_cycle_of_scripts_is_cut_with_a_warning() -> None:
    builder = LineageBuilder()
    builder.run("a1", "a@1.0.0", script="a.py")
    builder.run("b1", "b@1.0.0", sources=["a@1.0.0"], script="b.py")
    builder.run("a2", "a@1.0.1", sources=["b@1.0.0"], script="a.py")
    builder.run("end", "end", sources=["a@1.0.1"])
    planned = builder.plan("end")
    assert parents_by_job(planned) == {"b1": (), "a2": ("b1",), "end": ("a2",)}
    assert len(planned.warnings) == 1
    assert planned.warnings[0].startswith("b.py depends on its own results")


def test_many_cycles_are_cut_in_linear_time() -> None:
    count, lookups = 200, 0

    class Parents(dict[str, set[str]]):
        def __getitem__(self, job_id: str) -> set[str]:
            nonlocal lookups
            lookups += 1
            return super().__getitem__(job_id)

    # Each job reads what the next one has made, and is in a cycle with another job.
    parents = Parents({f"a{number:03}": {f"b{number:03}"} for number in range(count)})
    parents |= {f"b{number:03}": {f"a{number:03}"} for number in range(count)}
    for number in range(1, count):
        parents[f"a{number - 1:03}"].add(f"a{number:03}")
    jobs = {job_id: KnownJob(number, "", "", "{}", True) for number, job_id in enumerate(parents)}
    warnings: dict[str, None] = {}
    planned = in_order(parents, Lineage({}, jobs), warnings)
    assert {job.job_id for job in planned} == parents.keys()
    assert lookups < 20 * len(parents)


def test_a_corrected_job_replaces_the_broken_job_that_made_the_same_dataset() -> None:
    builder = LineageBuilder()
    builder.run("broken", "a@1.0.0")
    builder.run("b", "b@1.0.0", sources=["a@1.0.0"])
    builder.run("d", "d@1.0.0", sources=["a@1.0.0"])
    builder.run("c", "c@1.0.0", sources=["b@1.0.0", "d@1.0.0"])
    builder.run("corrected", "a@1.0.1")
    builder.run("b2", "b@1.0.1", sources=["a@1.0.1"], script="b")
    builder.run("c2", "c@1.0.1", sources=["b@1.0.1", "d@1.0.0"], script="c")
    assert parents_by_job(builder.plan("c")) == {
        "corrected": (),
        "b2": ("corrected",),
        "d": ("corrected",),
        "c2": ("d", "b2"),
    }


def test_a_dataset_of_a_broken_job_is_rebuilt_with_the_sources_of_the_corrected_job() -> None:
    builder = LineageBuilder()
    builder.run("broken", "a@1.0.0", sources=["old"])
    builder.run("d", "d", sources=["a@1.0.0"])
    builder.run("new", "new")
    builder.run("corrected", "a@1.0.1", sources=["new"])
    assert parents_by_job(builder.plan("d")) == {
        "new": (),
        "corrected": ("new",),
        "d": ("corrected",),
    }


def test_a_higher_version_that_is_removed_or_of_a_failed_job_is_ignored() -> None:
    builder = LineageBuilder()
    builder.run("good", "a@1.0.0")
    builder.run("d", "d", sources=["a@1.0.0"])
    builder.run("failed", "a@1.0.1", is_complete=False)
    builder.run("removed", "a@1.0.2")
    builder.remove("a@1.0.2")
    assert parents_by_job(builder.plan("d")) == {"good": (), "d": ("good",)}


def test_versions_are_ordered_by_their_numbers_and_not_by_creation() -> None:
    builder = LineageBuilder()
    builder.run("tenth", "a@1.0.10")
    builder.run("second", "a@1.0.2")
    builder.run("end", "end", sources=["a@1.0.2", "a@1.0.10"])
    assert parents_by_job(builder.plan("a@1.0.2", "end")) == {"tenth": (), "end": ("tenth",)}


def test_a_job_that_makes_a_target_is_not_replaced_by_a_job_that_does_not() -> None:
    builder = LineageBuilder()
    builder.run("both", "big@1.0.0")
    builder.add("top", DatasetLink("both", is_creator=True), [builder._id("big@1.0.0")])
    builder.run("split", "big@1.0.1")
    assert parents_by_job(builder.plan("top")) == {"both": ()}
    assert builder.plan("top").warnings == ()


def test_a_warning_names_the_datasets_that_the_chosen_job_does_not_make() -> None:
    builder = LineageBuilder()
    builder.run("old", "a@1.0.0", "extra@1.0.0")
    builder.run("new", "a@1.0.1")
    builder.run("end", "end", sources=["a@1.0.0", "extra@1.0.0"])
    planned = builder.plan("end")
    assert parents_by_job(planned) == {"new": (), "end": ("new",)}
    assert planned.warnings == (
        (
            "local.local.extra is not rebuilt: it was made by old, and new, which runs instead,"
            " does not make it."
        ),
    )


@pytest.mark.parametrize("runs", [1, 2])
def test_a_chain_through_other_products_of_jobs_is_planned_in_linear_time(runs: int) -> None:
    count, lookups = 100, 0

    class Versions(dict[int, MadeVersion]):
        def __getitem__(self, version_id: int) -> MadeVersion:
            nonlocal lookups
            lookups += 1
            return super().__getitem__(version_id)

    builder = LineageBuilder()
    for run in range(runs):
        for number in range(count):
            version = f"1.0.{run}"
            job_id, script = f"j{number} {run}", f"j{number}"
            before = [f"a{number - 1}@{version}"] if number else []
            builder.run(job_id, f"b{number}@{version}", sources=before, script=script)
            link = DatasetLink(job_id, is_creator=True)
            builder.add(f"a{number}@{version}", link, ())
    builder.versions = Versions(builder.versions)
    planned = builder.plan(f"a{count - 1}")
    assert [job.job_id for job in planned.jobs] == [f"j{each} {runs - 1}" for each in range(count)]
    assert lookups < 20 * len(builder.versions)


@st.composite
def lineages(draw: st.DrawFn) -> Lineage:
    """Draw any lineage, including cycles, unknown jobs and removed sources."""
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
    datasets = st.sampled_from([*(f"local.local.d{number}" for number in range(5)), "s.l.lst__x"])
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
    planned_ids: set[str] = set()
    for job in planned.jobs:
        assert job.job_id in lineage.jobs
        assert job.job_id not in planned_ids, "each job is planned once"
        assert set(job.parents) <= planned_ids, "parents come first"
        assert len(set(job.parents)) == len(job.parents)
        planned_ids.add(job.job_id)
    assert planned.jobs or planned.warnings, "an empty plan has a warning"
    makers: dict[str, set[str]] = {}
    for version in lineage.versions.values():
        for link in version.jobs:
            if link.job_id in planned_ids:
                makers.setdefault(version.dataset, set()).add(link.job_id)
    assert all(len(job_ids) == 1 for job_ids in makers.values()), "no dataset has two makers"
    assert plan(targets, lineage) == planned


@given(st.integers(1, 60), st.data())
def test_the_plan_of_an_acyclic_graph_has_exactly_its_edges(
    count: int, data: st.DataObject
) -> None:
    builder = LineageBuilder()
    parents: dict[str, set[str]] = {}
    for number in range(count):
        sources = data.draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        builder.run(
            f"j{number}", f"d{number}", sources=[f"d{source}" for source in sorted(sources)]
        )
        parents[f"j{number}"] = {f"j{source}" for source in sources}
    planned = builder.plan(f"d{count - 1}")
    needed = {f"j{count - 1}"}
    for number in reversed(range(count)):
        if f"j{number}" in needed:
            needed |= parents[f"j{number}"]
    assert {job.job_id: set(job.parents) for job in planned.jobs} == {
        job_id: parents[job_id] for job_id in needed
    }
    assert planned.warnings == ()
