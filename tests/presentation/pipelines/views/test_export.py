"""Exports are valid for the programs that read them, whatever the names of the jobs."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline, PipelineJob
from studio_tui.api.states import PipelineState
from studio_tui.presentation.pipelines.drawing.graph import draw
from studio_tui.presentation.pipelines.graph.plan import Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, judge
from studio_tui.presentation.pipelines.views.export import dot, graph_text, mermaid, tree_text
from studio_tui.text import safe_line
from tests.presentation.pipelines.graph.test_view_model import view_model
from tests.presentation.pipelines.graphs import any_pipelines, pipeline, pipeline_of
from tests.presentation.pipelines.sample import sixteen

_MERMAID_NODE = re.compile(r'  (n\d+)\["((?:[^"#;<>&`%{}\[\]\\:]|#\d+;)*)"\]:::([a-z]+)')
_MERMAID_NOTE = re.compile(r'  %% (?:[^"#;<>&`%{}\[\]\\:\n]|#\d+;)*')
_MERMAID_TRAP = re.compile(
    r'direction\s+(?:TB|TD|BT|RL|LR)|(?i:www)\.|(?<![^\W_])_|_(?![^\W_])|\s"', re.UNICODE
)
"""Text that Mermaid interprets even between quotes.

A direction applies to the whole line, some versions see Markdown in every label, and blanks at the
end of a label are cut off.
"""
_MERMAID_EDGE = re.compile(r"  (n\d+) (-->|-\.->) (n\d+)")
_DOT_TEXT = r'"((?:[^"\\]|\\.)*)"'
_DOT_NODE = re.compile(rf'  (n\d+) \[label={_DOT_TEXT} fillcolor="#[0-9a-f]{{6}}"\];')
_DOT_EDGE = re.compile(r"  (n\d+) -> (n\d+)( \[style=dashed constraint=false\])?;")

HOSTILE = (
    '"]; click n1 "x"',
    "%%{init: {'theme':'dark'}}%%",
    "`**bold**`",
    "<script>alert(1)</script>",
    "end",
    "a\\",
    '\\"',
    "&lt;b&gt; #35; #quot;",
    "style: x #34;",
    "\\N \\G \\l",
    "n1 --> n2; n3[x]",
    "-->|x| ]",
    "direction LR",
    "a misdirection   TB of trains",
    "direction\u00a0RL",
    "__init__.py _x_ a__b",
    "www.example.com WWW.example.com",
    "1. first",
    "click n1 href javascript:alert(1)",
    "/* */ // # ++",
    "subgraph x\nend\n}",
    "列车 🚂",
    "\x1b[31mred\n",
    "blanks at its end  \u00a0",
)


def named_pipelines() -> st.SearchStrategy[Pipeline]:
    """Make a pipeline whose jobs have hostile names."""
    names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))
    return st.lists(names, max_size=8).map(
        lambda chosen: pipeline_of(
            [
                PipelineJob.model_validate(
                    {
                        "job_id": f"id {index}",
                        "name": name,
                        "parent_job_ids": [f"id {index // 2}"] if index else [],
                    }
                )
                for index, name in enumerate(chosen)
            ]
        )
    )


def statuses_of(sent: Pipeline) -> JobStatuses:
    return judge(plan_of(sent), PipelineState.RUNNING)


def edges_of(plan: Plan) -> set[tuple[str, str]]:
    """Return the edges with the ids that nodes have in exports: `n1`, `n2`."""
    numbers = {node: f"n{number}" for number, node in enumerate(plan.nodes, 1)}
    return {
        (numbers[parent], numbers[node.id])
        for node in plan.nodes.values()
        for parent in (*node.parents, *node.circular)
    }


@given(st.one_of(any_pipelines(), named_pipelines()))
@example(pipeline(**{name: [] for name in ("plain", "end", "graph")}))
def test_mermaid_has_each_job_and_edge_and_names_stay_within_their_quotes(sent: Pipeline) -> None:
    statuses = statuses_of(sent)
    first, *lines = mermaid(statuses).splitlines()
    assert first == "flowchart TD"
    assert not any(_MERMAID_TRAP.search(line) for line in lines)
    notes, lines = lines[: len(statuses.plan.flaws)], lines[len(statuses.plan.flaws) :]
    assert all(_MERMAID_NOTE.fullmatch(note) for note in notes)
    size = len(statuses.plan.nodes)
    classes = {line.split()[1] for line in lines if line.startswith("  classDef ")}
    nodes = [_MERMAID_NODE.fullmatch(line) for line in lines[:size]]
    edges = [_MERMAID_EDGE.fullmatch(line) for line in lines[size : len(lines) - len(classes)]]
    read_names = []
    for match in nodes:
        assert match is not None
        assert match[3] in classes
        read_names.append(re.sub(r"#(\d+);", lambda code: chr(int(code[1])), match[2])[2:])
    assert read_names == [node.name for node in statuses.plan.nodes.values()]
    assert {(match[1], match[3]) for match in edges if match} == edges_of(statuses.plan)
    assert all(edges)


@given(
    st.one_of(any_pipelines(), named_pipelines()),
    st.one_of(st.sampled_from(HOSTILE), st.text()).map(safe_line),
)
def test_dot_has_each_job_and_edge_and_names_stay_within_their_quotes(
    sent: Pipeline, name: str
) -> None:
    statuses = statuses_of(sent)
    written = dot(statuses, name)
    head = re.match(rf"digraph {_DOT_TEXT} \{{\n  node \[[^\n]*\];\n", written)
    assert head is not None
    assert _decode_dot(head[1]) == name
    *lines, last = written[head.end() :].removesuffix("\n").split("\n")
    assert last == "}"
    notes, lines = lines[: len(statuses.plan.flaws)], lines[len(statuses.plan.flaws) :]
    assert notes == [f"  // {flaw}" for flaw in statuses.plan.flaws]
    size = len(statuses.plan.nodes)
    nodes = [_DOT_NODE.fullmatch(line) for line in lines[:size]]
    edges = [_DOT_EDGE.fullmatch(line) for line in lines[size:]]
    read_names = [_decode_dot(match[2])[2:] for match in nodes if match]
    assert read_names == [node.name for node in statuses.plan.nodes.values()]
    assert {(match[1], match[2]) for match in edges if match} == edges_of(statuses.plan)
    assert all(nodes)
    assert all(edges)


def _decode_dot(text: str) -> str:
    """Decode the text between quotes as Graphviz decodes a label."""
    plain = re.sub(r"\\(.)", r"\1", text)
    return plain.replace("&amp;", "&")


def test_the_graph_as_text_is_the_drawing() -> None:
    plan = plan_of(pipeline(first=[], left=["first"], right=["first"], last=["left", "right"]))
    widths = {node: len(node) + 2 for node in plan.nodes}
    drawing = draw({node.id: node.parents for node in plan.nodes.values()}, widths)
    assert graph_text(drawing, "· {}".format).splitlines() == [
        "    · first",
        "   ╭───┴────╮",
        "· left   · right",
        "   ╰───┬────╯",
        "    · last",
    ]


def test_the_tree_as_text_has_a_line_for_each_job() -> None:
    lines = tree_text(view_model()).splitlines()
    assert len(lines) == len(sixteen().job_runs)
    assert lines[0] == "✓ ingest_raw"
    assert "    └─✗ embed  blocks 9" in lines
