"""The keys of a pipeline's graph: how it is shown, and where the cursor goes in it."""

from textual.binding import Binding


def _key(key: str, action: str, label: str, name: str, words: str, *shown_as: str) -> Binding:
    return Binding(
        key,
        action,
        label,
        id=f"dag.{name}",
        tooltip=words,
        key_display=next(iter(shown_as), None),
    )


SHOWING_BINDINGS = (
    _key("m", "mode(1)", "mode", "mode", "Tree, graph, timeline, table: the next of them"),
    _key("right_square_bracket", "mode(1)", "next mode", "next_mode", "The next way to show it",
         "]"),
    _key("left_square_bracket", "mode(-1)", "previous mode", "previous_mode",
         "The previous way to show it", "["),
    _key("i", "drawer", "drawer", "drawer",
         "Show or hide all about the job: all it waits for, all that waits for it"),
    _key("exclamation_mark", "problems", "problems", "problems",
         "Only what failed and what it blocks, and back", "!"),
    _key("b", "group", "group", "group",
         "Show jobs that are alike as one: auto, by name, by stage, not grouped"),
    _key("less_than_sign", "fold_all", "fold all", "fold_all",
         "Fold everything that can be folded", "<"),
    _key("greater_than_sign", "unfold_all", "unfold all", "unfold_all",
         "Show every job", ">"),
    _key("C", "critical", "critical path", "critical",
         "Let the jobs stand out that decide when the pipeline ends"),
    _key("w", "names", "names", "names", "Names in short or in full"),
    _key("plus", "zoom(1)", "zoom in", "zoom_in", "The timeline larger", "+"),
    _key("underscore", "zoom(-1)", "zoom out", "zoom_out", "The timeline smaller", "_"),
)  # fmt: skip
"""Keys of how a pipeline is shown."""

MOVING_BINDINGS = (
    _key("h,left", "leave", "fold", "leave",
         "Fold the tree here; if it is folded, go to the job above"),
    _key("right", "enter", "unfold", "enter",
         "Unfold the tree here; if it is unfolded, go to the first job below"),
    _key("left_curly_bracket", "kin('parents')", "waits for", "parent",
         "Go to the first job that this one waits for", "{"),
    _key("right_curly_bracket", "kin('children')", "feeds", "child",
         "Go to the first job that waits for this one", "}"),
    _key("W", "cause", "why", "cause", "Go to the job for whose sake this one waits"),
    _key("n", "next(1)", "next failed", "next",
         "Go to the next match of the search, else to the next failed job"),
    _key("N", "next(-1)", "previous failed", "previous",
         "Go to the previous match of the search, else to the previous failed job"),
    _key("slash", "search", "search", "search",
         "Go to jobs by a part of their name, id, state or error", "/"),
    _key("full_stop", "centre", "centre", "centre", "Bring the job into the middle", "."),
    _key("f", "follow", "follow", "follow", "Let the cursor go along with what runs, and no more"),
    _key("P", "pipelines", "pipelines", "pipelines", "Go to the list of pipelines"),
)  # fmt: skip
"""Keys of where the cursor goes."""

MARK_BINDINGS = (
    _key("space", "mark", "mark", "mark", "Mark the job, or take its mark away"),
    _key("v", "mark_range", "mark up to here", "mark_range",
         "Mark all from the last mark to here"),
    _key("a", "mark_below", "mark all below", "mark_below",
         "Mark the job and all that wait for it"),
    _key("L", "logs", "logs", "logs",
         "Log of the job; logs of the marked jobs, or of a group, as one"),
    _key("u", "unmark_all", "unmark all", "unmark", "Take all marks away"),
)  # fmt: skip
"""Keys of marks."""

TAKING_BINDINGS = (
    _key("y", "copy_menu", "copy", "copy",
         "Copy the job's id or name, or the pipeline as text, Mermaid or DOT"),
    _key("ctrl+s", "save", "save", "save", "Save the pipeline as text, Mermaid or DOT"),
)  # fmt: skip
"""Keys of what is taken away."""
