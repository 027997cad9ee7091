"""Benchmarks of pipelines: processing and drawing a graph, opening its views, and their keys."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.drawing.graph import Drawing, draw
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.export import dot, graph_text, mermaid, tree_text
from studio_tui.presentation.pipelines.views.timeline import Timeline
from tests.bench import crossings, dag_pure, probes
from tests.bench.probes import Program
from tests.bench.report import Goal, Measure, Section
from tests.bench.suite import CURSOR, EMPTY, Effort
from tests.presentation.pipelines.graphs import fan

_WIDTH, _HEIGHT = 200, 50
"""Cells of a large terminal."""

_FIRST = "00_stage_0000"
"""Name of the first job, which is on the screen once a pipeline is drawn."""

_FEWEST = 100
"""Minimum number of jobs with which the first job has a child, to which the cursor can move."""
_ON_SCREEN = 1000
"""Number of jobs of the pipeline on the screen, unless all pipelines of the effort are smaller."""

OPEN_GOAL = Goal(median=60.0)
MOVE_GOAL = Goal(times_floor=1.5)
SCROLL_GOAL = Goal(times_floor=1.2)
_LAYOUT_GOALS = {1000: Goal(median=50.0)}


@dataclass(frozen=True)
class DagBench:
    """Measurements of pipelines, by section."""

    effort: Effort

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {
            "dag": self.process,
            "dag-draw": self.draw,
            "dag-crossings": self.cross,
            "dag-open": self.open,
            "dag-keys": self.keys,
        }

    def process(self) -> Section:
        """Measure processing a response, and the rows of tree, table and groups."""
        measures = dag_pure.measures(self.effort.dag_sizes, self.effort.starts)
        return Section("A pipeline before it is drawn, CPU", "ms", measures)

    def draw(self) -> Section:
        """Measure layout and lines of the graph, bars of the timeline, and what is exported."""
        measures: list[Measure] = []
        for size in self.effort.dag_sizes:
            floor: Measure | None = None
            for name, step, goal in _steps(size):
                times = tuple(dag_pure.cpu(step) for _ in range(self.effort.starts))
                measure = Measure(f"{name}, {size:,} jobs", times, floor, goal)
                measures.append(measure)
                floor = floor or measure
        return Section("Graph, timeline and export of a pipeline, CPU", "ms", tuple(measures))

    def cross(self) -> Section:
        """Count the crossing lines of ungrouped graphs, beside those in the layout of `dot`."""
        return Section("Lines of a graph that cross", "pairs", crossings.measures())

    def open(self) -> Section:
        """Measure the time to the first frame of a pipeline, and to the frame after a response."""
        measures: list[Measure] = []
        for size in self.effort.dag_sizes:
            for mode in ("tree", "graph"):
                program = Program.ours("dag", mode, str(size), "later", ready="ready")
                first, whole, changed = zip(
                    *(
                        probes.opened_and_changed(program, "O", _FIRST, "Z")
                        for _ in range(min(2, self.effort.starts))
                    ),
                    strict=True,
                )
                jobs = f"{mode} of {size:,} jobs"
                measures += [
                    Measure(f"{jobs}, first paint", first, None, OPEN_GOAL),
                    Measure(f"{jobs}, its jobs", whole),
                    Measure(f"{jobs}, 1% changed", tuple(filter(None, changed))),
                ]
        return Section("From a key to a pipeline on the screen", "ms", tuple(measures))

    def keys(self) -> Section:
        """Measure from a key to its frame, on the screen of a pipeline.

        The lists redraw two lines; their baseline redraws one. In the graph most keys scroll, since
        the next job is a few lines below, and often aside: all cells differ and have to be sent.
        Its baseline is a view of Textual that shows the same lines in the same places, made before
        the first key. That alone takes twice the time of an empty screen.
        """
        jobs = max(_FEWEST, min(self.effort.dag_sizes[-1], _ON_SCREEN))
        views = {
            f"{mode} of {jobs:,} jobs, cursor": Program.ours("dag", mode, str(jobs), ready=_FIRST)
            for mode in ("tree", "timeline", "table", "graph")
        }
        scrolled = "the lines of the graph, scrolled by Textual"
        floors = {
            "empty Textual screen": EMPTY,
            scrolled: Program.ours("scrolled", str(jobs), ready=_FIRST),
        }
        pressed = CURSOR[: self.effort.keys]
        times = probes.side_by_side({**floors, **views}, pressed, min(2, self.effort.rounds))
        empty, same_lines, *moves = (Measure(name, tuple(values)) for name, values in times.items())
        same_lines = replace(same_lines, floor=empty)
        return Section(
            "Key to paint in a pipeline",
            "ms",
            (
                empty,
                *(replace(each, floor=empty, goal=MOVE_GOAL) for each in moves[:-1]),
                same_lines,
                replace(moves[-1], floor=same_lines, goal=SCROLL_GOAL),
            ),
        )


def _steps(size: int) -> Iterator[tuple[str, Callable[[], object], Goal | None]]:
    """Yield the steps with a pipeline; the first, parsing it, is the baseline of the others."""
    sent = dag_pure.pipeline(size)
    body = sent.model_dump_json().encode()
    view_model = dag_pure.view_model_of(sent)
    statuses, order = view_model.statuses, list(view_model.plan.nodes)
    drawing = _drawn(view_model.plan)
    wide = dag_pure.view_model_of(fan(size - 2)).plan
    lineage = view_model.plan.ancestors(order[-1]) | {order[-1]}
    yield "a response parsed", lambda: Pipeline.model_validate_json(body), None
    yield "graph, layout", lambda: _drawn(view_model.plan), _LAYOUT_GOALS.get(size)
    yield "graph, layout of 1:n:1", lambda: _drawn(wide), _LAYOUT_GOALS.get(size)
    yield "graph, first screen", lambda: _screen(_drawn(view_model.plan), frozenset()), None
    yield "graph, screen with another lineage", lambda: _screen(drawing, lineage), None
    yield "timeline, screen", lambda: _bars(view_model), None
    yield "graph as text", lambda: graph_text(drawing, str), None
    yield "tree as text", lambda: tree_text(view_model), None
    yield "Mermaid", lambda: mermaid(statuses), None
    yield "DOT", lambda: dot(statuses, "bench"), None


def _drawn(plan: Plan) -> Drawing:
    """Lay out the graph of a plan."""
    nodes = plan.nodes.values()
    return draw(
        {node.id: node.parents for node in nodes}, {node.id: len(node.name) + 2 for node in nodes}
    )


def _screen(drawing: Drawing, lineage: frozenset[str]) -> int:
    """Render the middle of a drawing as far as a screen shows it, with a highlighted lineage."""
    lit = drawing.highlight(lineage)
    top = max(0, drawing.height - _HEIGHT) // 2
    return sum(len(drawing.line(y, 0, _WIDTH, lit)) for y in range(top, top + _HEIGHT))


def _bars(view_model: ViewModel) -> int:
    """Render the bars of a timeline as far as a screen shows them."""
    timeline = Timeline(view_model, UTC, _WIDTH // 2)
    return sum(len(timeline.bar(node)) for node in timeline.order[:_HEIGHT])
