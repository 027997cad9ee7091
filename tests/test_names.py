"""Each public name denotes one class, so that a reader knows which one is meant."""

import ast
from collections import defaultdict
from pathlib import Path

import studio_tui

PACKAGE = Path(studio_tui.__file__).parent
BOTH_ENDS = Path("local", "http", "responses.py")
"""The schemas that the local Studio sends have the names of the REST document, as the client's."""


def test_no_two_public_classes_have_the_same_name() -> None:
    places = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(place)
    shared = {
        name: shared_by
        for name, shared_by in places.items()
        if len([place for place in shared_by if place != BOTH_ENDS]) > 1
    }
    assert not shared
