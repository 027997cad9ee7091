"""Exports of a pipeline as Mermaid, DOT, or plain text.

Names are untrusted, so they are quoted: none can end its string, start a directive, or become
markup.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from studio_tui.presentation.pipelines.drawing.graph import Drawing
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import run_time_cell, why_cell
from studio_tui.presentation.pipelines.views.tree import name_parts, rows

_FILL_COLORS = {
    NodeState.DONE: "#d7f0d7",
    NodeState.RUNNING: "#d7e8fa",
    NodeState.QUEUED: "#ebebfa",
    NodeState.FAILED: "#fad7d7",
    NodeState.BLOCKED: "#faebd2",
    NodeState.WAITING: "#f2f2f2",
    NodeState.CANCELING: "#ebe6d7",
    NodeState.CANCELED: "#e0e0e0",
    NodeState.SCHEDULE: "#f2f2f2",
    NodeState.UNKNOWN: "#ffffff",
}
_READ_BY_MERMAID = re.compile(
    r"[^a-zA-Z0-9 _\-./,()\u0080-\U0010ffff]"
    r"|(?<=directio)n(?=\s)"
    r"|(?<=[wW]{3})\."
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|\s(?=\s*$)"
)
"""Text that Mermaid does not draw unchanged within double quotes.

In order: punctuation; `direction`, which would turn the graph; `www.`, which becomes a link;
underscores at the edges of words, which are emphasis; trailing blanks, which are stripped.
"""


def graph_text(drawing: Drawing, label: Callable[[str], str]) -> str:
    """Return a drawing as text; `label` returns the label of a node, as wide as in the drawing."""
    lines = []
    for y in range(drawing.height):
        line, end = "", 0
        for run in drawing.line(y, 0, drawing.width):
            text = run.text or (label(run.node) if run.node is not None else "")
            line += " " * (run.x - end) + text
            end = run.x + run.width
        lines.append(line.rstrip())
    return "".join(f"{line}\n" for line in lines)


def omitted_edges_text(
    redundant_parents: Mapping[str, Sequence[str]], names: Mapping[str, str]
) -> str:
    """Return as text, such as `split, clean → eval`, the edges that a drawing omits."""
    if not redundant_parents:
        return ""
    lines = ["", "Direct edges that are not drawn, as other lines lead there too:"]
    for child, parents in redundant_parents.items():
        lines.append(f"  {', '.join(names[parent] for parent in parents)} → {names[child]}")
    return "".join(f"{line}\n" for line in lines)


def tree_text(model: ViewModel) -> str:
    """Return the tree as text, with the duration of each job and the reason for its state."""
    lines = []
    for row in rows(model.plan):
        node = model.plan.nodes[row.id]
        name = "".join(part.text for part in name_parts(row, model.statuses))
        details = (run_time_cell(node, model).text, why_cell(node, model).text)
        lines.append("  ".join((name, *(words for words in details if words))))
    return "".join(f"{line}\n" for line in lines)


def mermaid(statuses: JobStatuses) -> str:
    """Return a flowchart with a class for each state; edges that close a cycle are dotted."""
    plan = statuses.plan
    ids = _short_ids(plan)
    lines = ["flowchart TD", *(f"  %% {_escape_for_mermaid(flaw)}" for flaw in plan.flaws)]
    for node in plan.nodes.values():
        text = _escape_for_mermaid(f"{statuses.look(node.id).glyph} {node.name}")
        lines.append(f'  {ids[node.id]}["{text}"]:::{statuses.states[node.id]}')
    for node in plan.nodes.values():
        child = ids[node.id]
        lines += [f"  {ids[parent]} --> {child}" for parent in node.parents]
        lines += [f"  {ids[parent]} -.-> {child}" for parent in node.circular]
    lines += [f"  classDef {state} fill:{fill},color:#000" for state, fill in _FILL_COLORS.items()]
    return "".join(f"{line}\n" for line in lines)


def dot(statuses: JobStatuses, name: str) -> str:
    """Return a directed graph in the DOT language; edges that close a cycle are dashed."""
    plan = statuses.plan
    ids = _short_ids(plan)
    lines = [
        f"digraph {_quote_for_dot(name)} {{",
        '  node [shape=box style=filled fontname="monospace"];',
    ]
    lines += [f"  // {flaw}" for flaw in plan.flaws]
    for node in plan.nodes.values():
        text = _quote_for_dot(f"{statuses.look(node.id).glyph} {node.name}")
        fill = _FILL_COLORS[statuses.states[node.id]]
        lines.append(f'  {ids[node.id]} [label={text} fillcolor="{fill}"];')
    for node in plan.nodes.values():
        child = ids[node.id]
        lines += [f"  {ids[parent]} -> {child};" for parent in node.parents]
        lines += [
            f"  {ids[parent]} -> {child} [style=dashed constraint=false];"
            for parent in node.circular
        ]
    return "".join(f"{line}\n" for line in (*lines, "}"))


def _short_ids(plan: Plan) -> dict[str, str]:
    """Return an id such as `n1` for each node, as Studio's ids would need quotes."""
    return {node_id: f"n{number}" for number, node_id in enumerate(plan.nodes, 1)}


def _escape_for_mermaid(text: str) -> str:
    """Escape by entities what Mermaid reads as a directive, Markdown or HTML within quotes."""
    return _READ_BY_MERMAID.sub(lambda match: f"#{ord(match[0])};", text)


def _quote_for_dot(text: str) -> str:
    """Return a quoted string; Graphviz interprets backslashes and HTML entities in labels."""
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
