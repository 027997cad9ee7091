"""Two sample pipelines: sixteen jobs with two diamonds, and a thousand jobs in six stages."""

from studio_tui.api.models import Pipeline
from tests.presentation.pipelines.graphs import pipeline_of, run

SIXTEEN: dict[str, list[str]] = {
    "ingest_raw": [],
    "index": ["ingest_raw"],
    "dedupe": ["index"],
    "thumbs": ["dedupe"],
    "embed": ["dedupe"],
    "join_feats": ["thumbs", "embed"],
    "ingest_labels": [],
    "clean_labels": ["ingest_labels"],
    "merge_train": ["join_feats", "clean_labels"],
    "split": ["merge_train"],
    "train_s": ["split"],
    "train_l": ["split"],
    "eval": ["train_s", "train_l"],
    "report": ["eval"],
    "export": ["eval"],
    "publish": ["export"],
}
"""The parents of each job, by name."""

_DONE = {"ingest_raw", "index", "dedupe", "thumbs", "ingest_labels", "clean_labels"}


def sixteen(status: str = "RUNNING", /, **states: str) -> Pipeline:
    """Return the sixteen jobs after `embed` has failed, except for the states given by name."""
    states_by_name = {"embed": "FAILED", **dict.fromkeys(_DONE, "COMPLETE"), **states}
    return pipeline_of(
        [
            run(name, parents, states_by_name.get(name, "PENDING"))
            for name, parents in SIXTEEN.items()
        ],
        status,
    )


def thousand() -> Pipeline:
    """Return 1,000 jobs in six stages; three jobs have failed, and they block seventeen others."""
    shards = [f"02_shard_{number:03}" for number in range(480)]
    embeds = [f"03_embed_{number:04}" for number in range(480)]
    merges = [f"04_merge_{number:02}" for number in range(24)]
    evals = [f"05_eval_{number}" for number in range(14)]
    return pipeline_of(
        [
            run("01_list", [], "COMPLETE"),
            *(run(name, ["01_list"], "COMPLETE") for name in shards),
            *(
                run(name, [shards[number]], _embed_state(number))
                for number, name in enumerate(embeds)
            ),
            *(
                run(name, embeds[20 * number : 20 * number + 20])
                for number, name in enumerate(merges)
            ),
            *(run(name, merges) for name in evals),
            run("06_publish", evals),
        ]
    )


def _embed_state(number: int) -> str:
    if number in {42, 310, 311}:
        return "FAILED"
    ends_of_ranges = ((132, "COMPLETE"), (146, "RUNNING"), (168, "QUEUED"))
    return next((state for end, state in ends_of_ranges if number < end), "PENDING")
