"""Copying and saving a pipeline: ids, names, or all of it as text, Mermaid, DOT or JSON."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from studio_tui.presentation.format import SHORT_ID, plural
from studio_tui.presentation.jobs.facts import as_json
from studio_tui.presentation.pipelines.views.export import (
    dot,
    graph_text,
    mermaid,
    omitted_edges_text,
    tree_text,
)
from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.frame.dialogs import Choose
from studio_tui.tui.frame.saving import Pieces, file_name
from studio_tui.tui.logs.save_dialog import Offer, save_as
from studio_tui.tui.pipelines.controller import status_command
from studio_tui.tui.pipelines.graph.canvas import drawing_of
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.drawing_view import DrawingView
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.terminal.clipboard import copy


class ExportFormat(NamedTuple):
    """A format in which a whole pipeline can be copied or saved."""

    words: str
    suffix: str
    text: Callable[[], str]
    """Called in a thread."""


class GraphExport:
    """Controller of the exports on a pipeline's page."""

    def __init__(self, host: Host, state: GraphState, cursor: Cursor, drawing: DrawingView) -> None:
        self._host = host
        self._state = state
        self._cursor = cursor
        self._drawing = drawing

    async def copy_menu(self) -> None:
        pipeline, node = self._state.loaded.pipeline, self._cursor.node()
        texts = {
            "run": ("id of the job", node.run if node else None),
            "name": ("name of the job", node.name if node else None),
            "pipeline": ("id of the pipeline", pipeline.pipeline_id),
            "called": ("name of the pipeline", pipeline.name),
            "command": ("command", status_command(pipeline)),
        }
        formats = {each.suffix: each for each in self._formats()}
        choices = [
            *((key, f"{words:<21} {text}") for key, (words, text) in texts.items() if text),
            *((suffix, each.words) for suffix, each in formats.items()),
        ]
        chosen = await self._host.ask(Choose("Copy", choices, choices[0][0]))
        if chosen is None:
            return
        if chosen in formats:
            text = await asyncio.to_thread(formats[chosen].text)
            lines = plural(text.count("\n"), "line")
            await copy(self._host.app, text, f"{formats[chosen].words}, {lines}")
        elif name_or_id := texts[chosen][1]:
            await copy(self._host.app, name_or_id)

    async def save(self) -> None:
        name = self._state.loaded.pipeline.name or "pipeline"
        stem = file_name(name, self._state.pipeline_id[:SHORT_ID]).removesuffix(".log")
        offers = [
            Offer(each.words, _pieces_of(each), f"./{stem}.{each.suffix}")
            for each in self._formats()
        ]
        await save_as(self._host, offers, question="Save the pipeline")

    def _formats(self) -> list[ExportFormat]:
        model = self._state.view_model()
        boxes = self._drawing.boxes(ignore_filter=True)
        labels = {key: self._drawing.label_of(key, boxes) for key in boxes.names}

        def drawn_graph() -> str:
            drawing = drawing_of(boxes, full_names=True)

            def label(key: str) -> str:
                return f" {labels[key].glyph} {boxes.names[key]}{boxes.tag(key)}"

            omitted = {} if boxes.all_edges else boxes.implied
            titles = {key: f"{name}{boxes.size(key)}" for key, name in boxes.names.items()}
            return graph_text(drawing, label) + omitted_edges_text(omitted, titles)

        pipeline = self._state.loaded.pipeline
        name = pipeline.name or self._state.pipeline_id
        return [
            ExportFormat("the tree, as text", "txt", lambda: tree_text(model)),
            ExportFormat("the graph, as text", "graph.txt", drawn_graph),
            ExportFormat("Mermaid", "mmd", lambda: mermaid(model.statuses)),
            ExportFormat("DOT, for Graphviz", "dot", lambda: dot(model.statuses, name)),
            ExportFormat("JSON", "json", lambda: f"{as_json(pipeline)}\n"),
        ]

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.copy",
            "y",
            "copy",
            "Copy an id, a name or the command, or the pipeline as text, Mermaid, DOT or JSON",
            copy_menu,
            lambda self: self._state.why_unknown(),
        ),
        Command(
            "graph.save",
            "ctrl+s",
            "save",
            "Save the pipeline as text, Mermaid, DOT or JSON",
            save,
            lambda self: self._state.why_unknown(),
        ),
    )


def _pieces_of(export_format: ExportFormat) -> Callable[[], Pieces]:
    async def pieces() -> Pieces:
        yield (await asyncio.to_thread(export_format.text)).encode()

    return pieces
