"""What is taken away from a pipeline: ids, names, the whole of it as text, Mermaid or DOT."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from textual import work

from studio_tui.presentation.format import plural, size
from studio_tui.presentation.pipelines.views.export import dot, graph_text, mermaid, tree_text
from studio_tui.text import safe_line
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.saving import Pieces, file_name
from studio_tui.tui.logs.save_dialog import Offer, SaveLog
from studio_tui.tui.pipelines.graph.canvas import boxes_of, drawing_of, group_boxes
from studio_tui.tui.pipelines.graph.graph import DagGraph
from studio_tui.tui.terminal.clipboard import copy


class Form(NamedTuple):
    """A way to write a pipeline down."""

    words: str
    suffix: str
    """Of a file, without the dot."""
    text: Callable[[], str]
    """Writes it, in a thread."""


class DagTaking(DagGraph):
    """Mixin of the screen of a pipeline from which things are taken away."""

    pipeline_id: str

    @work(name="copy", group="copy")
    async def action_copy_menu(self) -> None:
        """Offer what can be copied."""
        standing = self.standing
        if standing is None:
            return
        pipeline, node = standing.pipeline, self.node_at_hand()
        texts = {
            "run": ("id of the job", node.run if node else None),
            "name": ("name of the job", node.name if node else None),
            "pipeline": ("id of the pipeline", pipeline.pipeline_id),
            "called": ("name of the pipeline", pipeline.name),
        }
        forms = {form.suffix: form for form in self._forms()}
        choices = [
            *((key, f"{words:<21} {text}") for key, (words, text) in texts.items() if text),
            *((key, form.words) for key, form in forms.items()),
        ]
        chosen = await self.app.push_screen_wait(Choose("Copy", choices, choices[0][0]))
        if chosen is None:
            return
        if chosen in forms:
            written = await asyncio.to_thread(forms[chosen].text)
            lines = plural(written.count("\n"), "line")
            await copy(self.app, written, f"{forms[chosen].words}, {lines}")
        elif text := texts[chosen][1]:
            await copy(self.app, text)

    @work(name="save", group="save", exclusive=True)
    async def action_save(self) -> None:
        """Save the pipeline in a file."""
        if self.standing is None:
            return
        name = self.standing.pipeline.name or "pipeline"
        stem = file_name(name, self.pipeline_id[:8]).removesuffix(".log")
        offers = [
            Offer(form.words, _written(form), f"./{stem}.{form.suffix}") for form in self._forms()
        ]
        question = SaveLog(offers, question="Save the pipeline")
        if saved := await self.app.push_screen_wait(question):
            lines = plural(saved.lines, "line")
            self.say(f"Saved {lines}, {size(saved.size)}: {safe_line(str(saved.path))}")

    def _forms(self) -> list[Form]:
        """Return the ways to write the pipeline down, as it stands now."""
        known = self.known()
        groups, plan = self.groups(), known.plan
        boxes = boxes_of(plan, None) if groups is None else group_boxes(plan, groups)
        labels = {key: self.label_of(key) for key in boxes.names}

        def graph() -> str:
            drawing = drawing_of(boxes, full_names=True)
            return graph_text(drawing, lambda key: f" {labels[key].glyph} {boxes.names[key]}")

        name = self.stands().pipeline.name or self.pipeline_id
        return [
            Form("the tree, as text", "txt", lambda: tree_text(known)),
            Form("the graph, as text", "graph.txt", graph),
            Form("Mermaid", "mmd", lambda: mermaid(known.verdicts)),
            Form("DOT, for Graphviz", "dot", lambda: dot(known.verdicts, name)),
        ]


def _written(form: Form) -> Callable[[], Pieces]:
    async def pieces() -> Pieces:
        yield (await asyncio.to_thread(form.text)).encode()

    return pieces
