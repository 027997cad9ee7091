"""Counts the crossing lines of graph layouts, compared with `dot` if Graphviz is installed."""

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.plan import plan_of, redundant_parents
from tests.bench.report import Goal, Measure
from tests.presentation.pipelines.graphs import (
    fan,
    layered_pipeline,
    random_dependencies,
    random_stages,
)
from tests.presentation.pipelines.planes import crossings

_STEPS = 16
"""Number of straight segments that approximate a curve of `dot`."""
_DIGITS = 3
"""Decimal places of inches to which `dot` rounds."""
_GOAL = Goal(times_floor=2.0)

Point = tuple[float, float]
Parents = Mapping[str, Sequence[str]]


def measures() -> tuple[Measure, ...]:
    """Return the crossings of graphs of several kinds; without `dot` there is no baseline."""
    graphs: dict[str, Pipeline] = {
        "188 jobs, overlapping shards": layered_pipeline(),
        "fan of 160 jobs": fan(160),
        "trees of 360 jobs": random_stages(6, 60, 5, 1),
        "200 jobs, dense stages": random_stages(10, 20, 1),
        "200 jobs, loose": random_dependencies(200, 1, 40),
    }
    return tuple(measure for name, sent in graphs.items() for measure in _measured(name, sent))


def _measured(name: str, sent: Pipeline) -> Iterator[Measure]:
    parents = {node.id: node.parents for node in plan_of(sent).nodes.values()}
    widths = {node: len(node) + 3 for node in parents}
    count = float(crossings(parents))
    if shutil.which("dot") is None:
        yield Measure(name, (count,))
        return
    # Beside a layout of `dot` without crossings, one crossing still meets the goal.
    of_dot = Measure(f"{name}, dot", (max(0.5, float(dot_crossings(parents, widths))),))
    yield of_dot
    yield Measure(name, (count,), of_dot, _GOAL)


def dot_crossings(parents: Parents, widths: Mapping[str, int]) -> int:
    """Return the number of edge pairs that cross in the layout of `dot`, counted between ranks.

    Its ranks equal our layers: the depth of a node is its longest path from a root.
    """
    numbers = {node: number for number, node in enumerate(parents)}
    not_drawn = redundant_parents(parents)
    lines = ["digraph {", 'node [shape=box fixedsize=true height=0.2 label=""];']
    lines += [f"{number} [width={widths[node] / 10}];" for node, number in numbers.items()]
    for node, node_parents in parents.items():
        drawn = (parent for parent in node_parents if parent not in not_drawn.get(node, ()))
        lines += [f"{numbers[parent]} -> {numbers[node]};" for parent in drawn]
    lines += _ranks(parents, numbers)
    output = subprocess.run(
        ["dot", "-Tplain"],
        input="\n".join((*lines, "}")),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return _crossings_in(output)


def _ranks(parents: Parents, numbers: Mapping[str, int]) -> Iterator[str]:
    """Yield constraints that make `dot` use our layers.

    Each layer has an invisible node, which is on the same rank; these nodes form a chain.
    """
    layers: dict[int, list[int]] = defaultdict(list)
    depth: dict[str, int] = {}
    for node, node_parents in parents.items():
        depth[node] = max((depth[parent] + 1 for parent in node_parents), default=0)
        layers[depth[node]].append(numbers[node])
    yield "node [width=0.01];"
    yield " -> ".join(f"r{layer}" for layer in sorted(layers)) + " [style=invis];"
    for layer, nodes in layers.items():
        yield f"{{rank=same; r{layer}; {'; '.join(map(str, nodes))}}}"


def _crossings_in(output: str) -> int:
    """Return the number of crossings in the output of `dot -Tplain`."""
    places: dict[str, Point] = {}
    for number, x, y in re.findall(r"^node (\d+) (\S+) (\S+)", output, re.MULTILINE):
        places[number] = float(x), round(float(y), _DIGITS)
    ranks = sorted({y for _, y in places.values()}, reverse=True)
    lines: dict[int, list[Point]] = defaultdict(list)
    for words in (line.split() for line in output.splitlines() if line.startswith("edge")):
        if words[1].startswith("r"):
            continue
        source, target = places[words[1]], places[words[2]]
        ends = iter(map(float, words[4 : 4 + 2 * int(words[3])]))
        curve = list(_points_along(list(zip(ends, ends, strict=True))))
        first, last = ranks.index(source[1]), ranks.index(target[1])
        passed = [_x_at(curve, ranks[rank]) for rank in range(first + 1, last)]
        for rank, pair in enumerate(pairwise((source[0], *passed, target[0])), first):
            lines[rank].append((round(pair[0], _DIGITS), round(pair[1], _DIGITS)))
    return sum(map(_inversions, lines.values()))


def _points_along(points: Sequence[Point]) -> Iterator[Point]:
    """Yield points along a Bézier curve, given its end and control points."""
    yield points[0]
    for start in range(0, len(points) - 1, 3):
        ends = points[start : start + 4]
        for step in range(1, _STEPS + 1):
            u = step / _STEPS
            shares = ((1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u * u * (1 - u), u**3)
            yield (
                sum(share * end[0] for share, end in zip(shares, ends, strict=True)),
                sum(share * end[1] for share, end in zip(shares, ends, strict=True)),
            )


def _x_at(curve: Sequence[Point], y: float) -> float:
    """Return the x at which a downward curve passes `y`."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if y0 >= y >= y1:
            return x0 if y0 == y1 else x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    return min(curve, key=lambda point: abs(point[1] - y))[0]


def _inversions(lines: Sequence[Point]) -> int:
    """Return the number of line pairs whose order differs between top and bottom."""
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for index, one in enumerate(lines)
        for other in lines[:index]
    )
