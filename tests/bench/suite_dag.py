"""Benchmarks of pipelines: the cost of each view of a graph before it is on a screen."""

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
"""Text on the screen once a pipeline is drawn."""

_FEWEST = 100
"""Minimum number of jobs such that the first job has a child to step down to."""
_ON_SCREEN = 1000
"""Number of jobs of the pipeline on the screen, unless all measured ones are smaller."""

OPEN_GOAL = Goal(median=60.0)
MOVE_GOAL = Goal(times_floor=1.5)
SCROLL_GOAL = Goal(times_floor=1.2)
_LAID_OUT = {1000: Goal(median=50.0)}


@dataclass(frozen=True)
class DagBench:
    """Measurements of pipelines, by section."""

    effort: Effort

    def sections(self) -> dict[str, Callable[[], Section]]:
        """Return the sections by name, in the order of the report."""
        return {
            "dag": self.reckon,
            "dag-draw": self.draw,
            "dag-crossings": self.cross,
            "dag-open": self.open,
            "dag-keys": self.keys,
        }

    def reckon(self) -> Section:
        """Measure processing a response, and the rows of tree, table and groups."""
        measures = dag_pure.measures(self.effort.dag_sizes, self.effort.starts)
        return Section("What is reckoned of a pipeline, CPU", "ms", measures)

    def draw(self) -> Section:
        """Measure layout and lines of the graph, bars of the timeline, and what is exported."""
        measures: list[Measure] = []
        for size in self.effort.dag_sizes:
            floor: Measure | None = None
            for name, step, goal in _steps(size):
                taken = tuple(dag_pure.cpu(step) for _ in range(self.effort.starts))
                measure = Measure(f"{name}, {size:,} jobs", taken, floor, goal)
                measures.append(measure)
                floor = floor or measure
        return Section("Graph, timeline and export of a pipeline, CPU", "ms", tuple(measures))

    def cross(self) -> Section:
        """Count the lines of ungrouped graphs that cross, beside those of a published layout."""
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

        The lists repaint two lines, as the floor does one. In the graph most keys scroll, since
        the next job is a few lines below, and often aside: all cells differ and have to be sent.
        Its floor is a view of Textual that shows the same lines in the same places, made before
        the first key; that alone takes twice an empty screen's time.
        """
        jobs = max(_FEWEST, min(self.effort.dag_sizes[-1], _ON_SCREEN))
        shown = {
            f"{mode} of {jobs:,} jobs, cursor": Program.ours("dag", mode, str(jobs), ready=_FIRST)
            for mode in ("tree", "timeline", "table", "graph")
        }
        scrolled = "the lines of the graph, scrolled by Textual"
        floors = {
            "empty Textual screen": EMPTY,
            scrolled: Program.ours("scrolled", str(jobs), ready=_FIRST),
        }
        pressed = CURSOR[: self.effort.keys]
        taken = probes.side_by_side({**floors, **shown}, pressed, min(2, self.effort.rounds))
        empty, same, *moves = (Measure(name, tuple(values)) for name, values in taken.items())
        same = replace(same, floor=empty)
        return Section(
            "Key to paint in a pipeline",
            "ms",
            (
                empty,
                *(replace(each, floor=empty, goal=MOVE_GOAL) for each in moves[:-1]),
                same,
                replace(moves[-1], floor=same, goal=SCROLL_GOAL),
            ),
        )


def _steps(size: int) -> Iterator[tuple[str, Callable[[], object], Goal | None]]:
    """Yield the measures of a pipeline; parsing it is the baseline of the rest."""
    sent = dag_pure.pipeline(size)
    body = sent.model_dump_json().encode()
    known = dag_pure.known(sent)
    statuses, order = known.statuses, list(known.plan.nodes)
    drawing = _drawn(known.plan)
    wide = dag_pure.known(fan(size - 2)).plan
    lineage = known.plan.ancestors(order[-1]) | {order[-1]}
    yield "an answer read", lambda: Pipeline.model_validate_json(body), None
    yield "graph, layout", lambda: _drawn(known.plan), _LAID_OUT.get(size)
    yield "graph, layout of 1:n:1", lambda: _drawn(wide), _LAID_OUT.get(size)
    yield "graph, first screen", lambda: _screen(_drawn(known.plan), frozenset()), None
    yield "graph, screen with another lineage", lambda: _screen(drawing, lineage), None
    yield "timeline, screen", lambda: _bars(known), None
    yield "graph as text", lambda: graph_text(drawing, str), None
    yield "tree as text", lambda: tree_text(known), None
    yield "Mermaid", lambda: mermaid(statuses), None
    yield "DOT", lambda: dot(statuses, "bench"), None


def _drawn(plan: Plan) -> Drawing:
    nodes = plan.nodes.values()
    return draw(
        {node.id: node.parents for node in nodes}, {node.id: len(node.name) + 2 for node in nodes}
    )


def _screen(drawing: Drawing, lineage: frozenset[str]) -> int:
    lit = drawing.highlight(lineage)
    top = max(0, drawing.height - _HEIGHT) // 2
    return sum(len(drawing.line(y, 0, _WIDTH, lit)) for y in range(top, top + _HEIGHT))


def _bars(known: ViewModel) -> int:
    timeline = Timeline(known, UTC, _WIDTH // 2)
    return sum(len(timeline.bar(node)) for node in timeline.order[:_HEIGHT])
