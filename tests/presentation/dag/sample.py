"""The pipeline of sixteen jobs with two diamonds that the views are shown with."""

from studio_tui.api.models import Pipeline
from tests.presentation.dag.graphs import pipeline_of, run

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
"""What each waits for."""

_DONE = {"ingest_raw", "index", "dedupe", "thumbs", "ingest_labels", "clean_labels"}


def sixteen(status: str = "RUNNING", /, **states: str) -> Pipeline:
    """Return the sixteen after `embed` has failed; `states` says what is otherwise."""
    known = {"embed": "FAILED", **dict.fromkeys(_DONE, "COMPLETE"), **states}
    return pipeline_of(
        [run(name, parents, known.get(name, "PENDING")) for name, parents in SIXTEEN.items()],
        status,
    )
