"""Pipelines of all shapes for tests, valid and invalid."""

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from studio_tui.api.models import Pipeline, PipelineJob

STATES = (
    "PENDING", "QUEUED", "INIT", "RUNNING", "COMPLETE", "FAILED", "CANCELED", "CANCELING", "NEWWORD"
)  # fmt: skip


def pipeline(status: str = "PENDING", /, **parents: Sequence[str]) -> Pipeline:
    """Return a pipeline of jobs in one state: `name=[names of parents]`."""
    return pipeline_of([run(name, waits, status) for name, waits in parents.items()])


def pipeline_of(runs: Sequence[PipelineJob], status: str = "RUNNING") -> Pipeline:
    """Return a pipeline of these jobs."""
    return Pipeline(pipeline_id="ec036e81", status=status, job_runs=tuple(runs), name="rathe-kyat")


def run(node_id: str, parents: Sequence[str], status: str = "PENDING") -> PipelineJob:
    """Return a job of a pipeline; its name is its id `x`, and the id of its run is `run-x`."""
    return PipelineJob(
        job_id=node_id,
        status=status,
        parent_job_ids=tuple(parents),
        name=node_id,
        created_job_id=f"run-{node_id}",
    )


@st.composite
def good_pipelines(draw: st.DrawFn, most: int = 24) -> Pipeline:
    """Make a pipeline whose jobs have any states and wait only for earlier jobs."""
    size = draw(st.integers(0, most))
    runs = []
    for index in range(size):
        parents = draw(st.lists(st.integers(0, index - 1), max_size=4)) if index else []
        runs.append(run(f"n{index}", [f"n{parent}" for parent in parents], _state(draw)))
    return pipeline_of(runs)


@st.composite
def bad_pipelines(draw: st.DrawFn, most: int = 16) -> Pipeline:
    """Make a pipeline that may have cycles, missing parents and duplicate ids."""
    ids = st.integers(0, most).map(lambda number: f"n{number}")
    size = draw(st.integers(0, most))
    return pipeline_of(
        [run(draw(ids), draw(st.lists(ids, max_size=4)), _state(draw)) for _ in range(size)]
    )


def chain_of_diamonds(count: int) -> Pipeline:
    """Return a chain of `count` diamonds, 3 `count` + 1 jobs: `top0`, `left0`, `right0`, `top1`."""
    runs = [run("top0", [])]
    for index in range(count):
        runs += [
            run(f"left{index}", [f"top{index}"]),
            run(f"right{index}", [f"top{index}"]),
            run(f"top{index + 1}", [f"left{index}", f"right{index}"]),
        ]
    return pipeline_of(runs)


def fan(width: int) -> Pipeline:
    """Return `first`, `width` shards that wait for it, and `last`, which waits for all shards."""
    middle = [f"shard_{index:04}" for index in range(width)]
    return pipeline_of(
        [run("first", []), *(run(name, ["first"]) for name in middle), run("last", middle)]
    )


def layered_pipeline() -> Pipeline:
    """Return 188 jobs in eight layers, with many edges between and across the layers."""
    shards = [f"shard_{number:03}" for number in range(60)]
    embeds = [f"embed_{number:03}" for number in range(60)]
    labels = [f"label_{number:03}" for number in range(48)]
    merges = [f"merge_{number:02}" for number in range(12)]
    evals = [f"eval_{number}" for number in range(5)]
    return pipeline(
        list=[],
        **{name: ["list"] for name in shards},
        **{name: [shards[number]] for number, name in enumerate(embeds)},
        **{name: [embeds[n], embeds[(n + 7) % 60]] for n, name in enumerate(labels)},
        **{name: labels[4 * number : 4 * number + 4] for number, name in enumerate(merges)},
        **{name: [*merges[number:], "list"] for number, name in enumerate(evals)},
        report=evals,
        publish=["report", "merge_00"],
    )


def random_stages(layers: int, width: int, seed: int, parents: int = 2) -> Pipeline:
    """Return stages of `width` jobs; each waits for `parents` random jobs of the stage before."""
    random = Random(seed)
    jobs: dict[str, list[str]] = {}
    above: list[str] = []
    for layer in range(layers):
        names = [f"s{layer:02}_job_{number:03}" for number in range(width)]
        jobs |= {name: sorted(random.sample(above, parents)) if above else [] for name in names}
        above = names
    return pipeline(**jobs)


def random_dependencies(jobs: int, seed: int, back: int, parents: int = 2) -> Pipeline:
    """Return jobs that each wait for up to `parents` random ones of the `back` jobs before it."""
    random = Random(seed)
    return pipeline(
        **{
            f"job_{number:04}": sorted(
                {
                    f"job_{random.randrange(max(0, number - back), number):04}"
                    for _ in range(parents)
                }
            )
            if number
            else []
            for number in range(jobs)
        }
    )


def two_components() -> Pipeline:
    """Return a pipeline of two parts without an edge between them."""
    return pipeline(a=[], b=["a"], c=["a"], d=["b", "c"], x=[], y=["x"], z=["y"])


def any_pipelines() -> st.SearchStrategy[Pipeline]:
    """Make a pipeline of any of these shapes, valid or invalid."""
    return st.one_of(
        good_pipelines(),
        bad_pipelines(),
        st.integers(1, 8).map(chain_of_diamonds),
        st.integers(1, 40).map(fan),
        st.builds(two_components),
        st.just(pipeline(only=[])),
    )


def _state(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(STATES))
