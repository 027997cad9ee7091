"""What is saved about the pages of pipelines: places and display options."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from studio_tui.tui.frame.remembered import Remembered

MOST_PIPELINES = 100
"""Maximum number of pipelines whose places are saved."""


class Mode(StrEnum):
    """How a pipeline is shown, in the order of the key that switches modes."""

    TREE = "tree"
    GRAPH = "graph"
    TIMELINE = "timeline"
    TABLE = "table"


class Grouping(StrEnum):
    """How jobs are grouped, in the order of the key that switches groupings."""

    AUTO = "auto"
    """Like `NAME` if there are many jobs or one has many children, else like `NONE`."""
    NAME = "name"
    """By similar names; jobs whose names are too rare for that, by equal parents and children."""
    NONE = "none"

    @classmethod
    def _missing_(cls, _value: object) -> "Grouping":
        # An unknown grouping in a file must not cost the reader all saved places.
        return cls.AUTO


class DagPlace(BaseModel):
    """The reader's place in a pipeline, and the display options."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mode: Mode = Mode.TREE
    cursor: str | None = None
    """Key of the node, group or other row under the cursor."""
    top: int = 0
    """Lines hidden above."""
    left: int = 0
    """Cells hidden at the left."""
    folds: frozenset[str] = frozenset()
    """Nodes and groups that are collapsed in the tree."""
    opened: frozenset[str] = frozenset()
    """Groups that list all of their jobs."""
    marks: tuple[str, ...] = ()
    """Ids of nodes, in the order in which they were marked."""
    drawer: bool | None = None
    """Whether the side panel is shown; `None` if it depends on the width."""
    grouping: Grouping = Grouping.AUTO
    problems: bool = False
    """Whether to show only jobs that failed or were canceled, and the jobs that they block."""
    critical: bool = False
    """Whether the critical path is shown."""
    full_names: bool = False
    lanes: bool = False
    """Whether the tree has lanes, if few are needed."""
    all_edges: bool = False
    """Whether the graph also draws redundant edges."""
    sort: str = "layer"
    reverse: bool = False
    search: str = ""
    filter: str = ""


class DagMemory(Remembered):
    """The saved places, updated as the reader moves."""

    mode: Mode = Mode.TREE
    """The mode of the place saved last, for pipelines without one."""
    places: dict[str, DagPlace] = Field(default_factory=dict)

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
