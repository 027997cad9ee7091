"""Each public class has a name of its own, so that the name identifies it."""

import ast
from collections import defaultdict
from pathlib import Path

import studio_tui

PACKAGE = Path(studio_tui.__file__).parent


def test_no_two_public_classes_have_the_same_name() -> None:
    paths_by_class = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        relative_path = path.relative_to(PACKAGE)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                paths_by_class[node.name].append(relative_path)
    shared = {name: paths for name, paths in paths_by_class.items() if len(paths) > 1}
    assert not shared
