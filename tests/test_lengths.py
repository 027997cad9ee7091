"""Limits of the length of modules, classes and functions; see "Code" in CONTRIBUTING."""

import ast
from collections.abc import Iterator
from pathlib import Path

import studio_tui

LONGEST_MODULE, LONGEST_CLASS, LONGEST_FUNCTION = 400, 300, 60
"""Maximum numbers of lines."""


def too_long() -> Iterator[tuple[str, int]]:
    """Yield the name and the number of lines of whatever exceeds its limit."""
    for path in sorted(Path(studio_tui.__file__).parent.rglob("*.py")):
        text = path.read_text()
        if (length := len(text.splitlines())) > LONGEST_MODULE:
            yield path.name, length
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                limit = LONGEST_CLASS
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                limit = LONGEST_FUNCTION
            else:
                continue
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > limit:
                yield f"{path.name}: {node.name}", length


def test_no_module_class_or_function_is_too_long() -> None:
    assert dict(too_long()) == {}
