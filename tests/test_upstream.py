"""Each use of private parts of Textual and uvicorn has a report for their developers."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import studio_tui
import studio_tui.local.server
import studio_tui.tui

ROOT = Path(studio_tui.__file__).parent.parent
REPORTS = ROOT / "docs" / "upstream"
PARTS = (
    "# ",
    "## What happens",
    "## Known reports",
    "## Reproduction",
    "## Proposed change",
    "## Versions",
)
KNOWN = re.compile(r"github\.com/[\w./-]+/(issues|pull)/\d+|None found \(\d{4}-\d\d-\d\d\)")
THEIRS = ("textual", "rich", "uvicorn")
OURS = {"self", "cls", "super()"}
NOT_PRIVATE = re.compile(r"__|_replace$|_make$|_fields$|_asdict$")
MODULES = [
    found.name
    for package in (studio_tui.tui, studio_tui.local.server)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@cache
def names_in(theirs: type) -> set[str]:
    """Return the attributes of one of their classes; the source of each takes a while to find."""
    source = inspect.getsource(theirs)
    return vars(theirs).keys() | set(re.findall(r"self\.(_\w+)\b[^=\n]*=", source))


def private_names(kind: type) -> set[str]:
    """Return the private attributes that a class inherits from one of theirs."""
    bases = [base for base in kind.__mro__ if base.__module__.split(".")[0] in THEIRS]
    names = set().union(*map(names_in, bases))
    return {name for name in names if name.startswith("_") and not NOT_PRIVATE.match(name)}


def reached_by_class(module: ModuleType, node: ast.ClassDef) -> Iterator[str]:
    """Yield the private attributes of theirs that a class overrides or uses."""
    if inspect.isclass(kind := vars(module).get(node.name)):
        private = private_names(kind)
        yield from private & {getattr(each, "name", "") for each in node.body}
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute) and each.attr in private:
                yield each.attr


def is_theirs(module: ModuleType, target: ast.expr) -> bool:
    """Whether an expression is an attribute of one of their modules."""
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return False
    owner = getattr(module, target.value.id, None)
    return inspect.ismodule(owner) and owner.__name__.startswith(THEIRS)


def reached(name: str) -> Iterator[str]:
    """Yield what a module uses, overrides or replaces of theirs that is not public."""
    module = importlib.import_module(name)
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.ImportFrom(module=str(path)) if path.startswith(THEIRS) and "._" in path:
                yield path
            case ast.Assign(targets=targets):
                yield from (ast.unparse(each) for each in targets if is_theirs(module, each))
            case ast.Attribute(value=owner, attr=attribute) if attribute.startswith("_"):
                if not NOT_PRIVATE.match(attribute) and ast.unparse(owner) not in OURS:
                    yield ast.unparse(node)
            case ast.ClassDef():
                yield from reached_by_class(module, node)


def links(name: str) -> set[str]:
    """Return the reports that a module's docstring links to."""
    return set(
        re.findall(r"docs/upstream/([\w-]+)\.md", importlib.import_module(name).__doc__ or "")
    )


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_uses_private_parts_links_to_a_report(name: str) -> None:
    assert not (found := set(reached(name))) or links(name), found


def test_each_report_is_complete_and_belongs_to_one_module() -> None:
    linked = defaultdict(list)
    for name in MODULES:
        for report in links(name):
            linked[report].append(name)
    assert {path.stem for path in REPORTS.glob("*.md")} == linked.keys()
    assert not {report: names for report, names in linked.items() if len(names) > 1}
    for path in REPORTS.glob("*.md"):
        text = path.read_text("utf-8")
        assert all(re.search(rf"^{re.escape(part)}", text, re.MULTILINE) for part in PARTS), path
        assert KNOWN.search(text), path
