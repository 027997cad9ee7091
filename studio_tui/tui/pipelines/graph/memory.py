"""What is saved about the pages of pipelines: places and display options."""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from studio_tui.tui.frame.remembered import Remembered

MOST_PIPELINES = 100
"""Maximum number of pipelines whose places are saved: the ones viewed last."""


class Mode(StrEnum):
    """How a pipeline is shown, in the order of the key that switches modes."""

    TREE = "tree"
    GRAPH = "graph"
    TIMELINE = "timeline"
    TABLE = "table"


class Grouping(StrEnum):
    """How jobs are grouped, in the order of the key that switches groupings."""

    AUTO = "auto"
    """By similar names, if there are many jobs, or many children of one job."""
    NAME = "name"
    """By similar names; jobs with unique names by equal parents and children."""
    STAGE = "stage"
    """By layer: the layer of a job is the length of the longest path to the job."""
    NONE = "none"


class DagPlace(BaseModel):
    """The reader's place in a pipeline, and the display options."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mode: Mode = Mode.TREE
    cursor: str | None = None
    """Key of the node, group or other row under the cursor."""
    top: int = 0
    """Number of lines hidden above."""
    left: int = 0
    """Number of cells hidden at the left."""
    folds: frozenset[str] = frozenset()
    """Nodes whose descendants, and groups whose jobs, are collapsed in the tree."""
    opened: frozenset[str] = frozenset()
    """Groups that list all of their jobs, instead of the failed and running ones."""
    marks: tuple[str, ...] = ()
    """Nodes, in the order in which they were marked."""
    drawer: bool | None = None
    """Whether the side panel is shown; `None` if it depends on the width."""
    grouping: Grouping = Grouping.AUTO
    problems: bool = False
    """Whether to show only jobs that failed or were canceled, and the jobs that they block."""
    critical: bool = False
    """Whether to highlight the critical path."""
    full_names: bool = False
    """Whether the graph shows names in full."""
    lanes: bool = False
    """Whether the tree has one line per job with lanes beside it, if few lanes are needed."""
    all_edges: bool = False
    """Whether the graph also draws edges between jobs that other edges connect indirectly."""
    span: float | None = None
    """Seconds that the timeline shows; `None` for the whole time."""
    sort: str = "layer"
    """Key of the column by which the table is sorted."""
    reverse: bool = False
    """Whether the order of the table is reversed."""
    search: str = ""
    """The search for jobs; empty for none."""
    filter: str = ""
    """The filter of jobs; empty if all jobs are shown."""
    follow: bool = False
    """Whether the cursor follows running jobs."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with changed fields."""
        return self.model_copy(update=changes)


class DagMemory(Remembered):
    """The saved places, updated as the reader moves."""

    mode: Mode = Mode.TREE
    """The mode of the place saved last, used for pipelines without a saved place."""
    places: dict[str, DagPlace] = Field(default_factory=dict)
    """By pipeline id; the place that was saved last is at the end."""

    def place(self, pipeline_id: str) -> DagPlace:
        """Return the saved place in a pipeline, or the initial one."""
        return self.places.get(pipeline_id) or DagPlace(mode=self.mode)

    def note(self, pipeline_id: str, place: DagPlace) -> None:
        """Save the place in a pipeline, and delete the oldest ones beyond `MOST_PIPELINES`."""
        self.places.pop(pipeline_id, None)
        self.places[pipeline_id] = place
        self.mode = place.mode
        for oldest in list(self.places)[:-MOST_PIPELINES]:
            del self.places[oldest]
