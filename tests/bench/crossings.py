"""How many lines of a graph cross, beside the layout of `dot` where Graphviz is installed."""

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.drawing.graph import draw, implied
from studio_tui.presentation.pipelines.graph.plan import plan_of
from tests.bench.report import Goal, Measure
from tests.presentation.pipelines.graphs import fan, near, stages, wide

_STEPS = 16
"""Straight pieces in which a curve of `dot` is followed."""
_DIGITS = 3
"""Of inches, below which `dot` rounds."""
_GOAL = Goal(times_floor=2.0)

Point = tuple[float, float]
Parents = Mapping[str, Sequence[str]]


def measures() -> tuple[Measure, ...]:
    """Return the crossings of graphs of several kinds; without `dot` there is no floor."""
    graphs: dict[str, Pipeline] = {
        "188 jobs, overlapping shards": wide(),
        "fan of 160 jobs": fan(160),
        "trees of 360 jobs": stages(6, 60, 5, 1),
        "200 jobs, dense stages": stages(10, 20, 1),
        "200 jobs, loose": near(200, 1, 40),
    }
    return tuple(measure for name, sent in graphs.items() for measure in _measured(name, sent))


def _measured(name: str, sent: Pipeline) -> Iterator[Measure]:
    parents = {node.id: node.parents for node in plan_of(sent).nodes.values()}
    widths = {node: len(node) + 3 for node in parents}
    ours = float(draw(parents, widths).crossings)
    if shutil.which("dot") is None:
        yield Measure(name, (ours,))
        return
    # A layout without crossings is met only by one without.
    peer = Measure(f"{name}, dot", (max(0.5, float(dot_crossings(parents, widths))),))
    yield peer
    yield Measure(name, (ours,), peer, _GOAL)


def dot_crossings(parents: Parents, widths: Mapping[str, int]) -> int:
    """Return how many pairs of edges cross in the layout of `dot`, counted between its ranks.

    Its ranks are ours: each node is as deep as the longest way down to it is.
    """
    numbers = {node: number for number, node in enumerate(parents)}
    left_out = implied(parents)
    lines = ["digraph {", 'node [shape=box fixedsize=true height=0.2 label=""];']
    lines += [f"{number} [width={widths[node] / 10}];" for node, number in numbers.items()]
    for node, mine in parents.items():
        kept = (parent for parent in mine if parent not in left_out.get(node, ()))
        lines += [f"{numbers[parent]} -> {numbers[node]};" for parent in kept]
    lines += _ranks(parents, numbers)
    told = subprocess.run(
        ["dot", "-Tplain"],
        input="\n".join((*lines, "}")),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return _between_ranks(told)


def _ranks(parents: Parents, numbers: Mapping[str, int]) -> Iterator[str]:
    """Yield what has `dot` put each node as deep as it is here: beside a joint of a chain."""
    rows: dict[int, list[int]] = defaultdict(list)
    depth: dict[str, int] = {}
    for node, mine in parents.items():
        depth[node] = max((depth[parent] + 1 for parent in mine), default=0)
        rows[depth[node]].append(numbers[node])
    yield "node [width=0.01];"
    yield " -> ".join(f"r{row}" for row in sorted(rows)) + " [style=invis];"
    for row, same in rows.items():
        yield f"{{rank=same; r{row}; {'; '.join(map(str, same))}}}"


def _between_ranks(told: str) -> int:
    """Return the crossings in a layout as `dot -Tplain` tells it."""
    places: dict[str, Point] = {}
    for number, x, y in re.findall(r"^node (\d+) (\S+) (\S+)", told, re.MULTILINE):
        places[number] = float(x), round(float(y), _DIGITS)
    ranks = sorted({y for _, y in places.values()}, reverse=True)
    lines: dict[int, list[Point]] = defaultdict(list)
    for words in (line.split() for line in told.splitlines() if line.startswith("edge")):
        if words[1].startswith("r"):
            continue
        source, target = places[words[1]], places[words[2]]
        ends = iter(map(float, words[4 : 4 + 2 * int(words[3])]))
        curve = list(_followed(list(zip(ends, ends, strict=True))))
        first, last = ranks.index(source[1]), ranks.index(target[1])
        passed = [_x_at(curve, ranks[rank]) for rank in range(first + 1, last)]
        for rank, pair in enumerate(pairwise((source[0], *passed, target[0])), first):
            lines[rank].append((round(pair[0], _DIGITS), round(pair[1], _DIGITS)))
    return sum(map(_inversions, lines.values()))


def _followed(points: Sequence[Point]) -> Iterator[Point]:
    """Yield points along a curve of Béziers, of which `points` are the ends and handles."""
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
    """Return where a curve that runs down passes a height."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if y0 >= y >= y1:
            return x0 if y0 == y1 else x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    return min(curve, key=lambda point: abs(point[1] - y))[0]


def _inversions(lines: Sequence[Point]) -> int:
    """Return how many pairs of lines stand in another order below than above."""
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for index, one in enumerate(lines)
        for other in lines[:index]
    )
