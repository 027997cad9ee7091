"""Lists all sentences that a user can see, by module: `python -m tests.sentences`.

These are the strings of two or more words, except docstrings, SQL, patterns and messages for the
log; placeholders are shown as `{…}`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import studio_tui

ROOT = Path(studio_tui.__file__).parent
_SQL = re.compile(
    r"(?:BEGIN|DELETE|INSERT|PRAGMA|RELEASE|ROLLBACK|SAVEPOINT|SELECT|UPDATE|VACUUM|WITH)\b"
    r"|.*\b(?:JOIN|IN \(|NOT IN)|[a-z_]+(?:, [a-z_]+)+$"
)
NOT_SHOWN = {"redaction.py", "log.py", "api/routes.py"}
"""Modules whose strings are patterns or names, by their paths in the package."""


def sentences(source: str) -> Iterator[str]:
    """Yield the distinct strings that contain words, in the order of the module's source."""
    tree = ast.parse(source)
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)  # a docstring
        elif isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
        elif isinstance(node, ast.Call) and _method_name(node) in {
            "compile",
            "debug",
            "info",
            "warning",
        }:
            skipped.update(ast.walk(node))
    texts = [
        (getattr(node, "lineno", 0), getattr(node, "col_offset", 0), text)
        for node in ast.walk(tree)
        if node not in skipped and (text := _text(node)) and _has_words(text)
    ]
    yield from dict.fromkeys(text for *_, text in sorted(texts))


def _method_name(call: ast.Call) -> str:
    """Return the name of the method that is called; empty for another function."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _text(node: ast.AST) -> str:
    """Return the text of a string or f-string; empty for another node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (
            str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values
        )
        return "".join(parts)
    return ""


def _has_words(text: str) -> bool:
    words = [word for word in text.replace("{…}", " ").split() if word.strip(".,:;()").isalpha()]
    return len(words) > 1 and not _SQL.match(text) and "\\" not in text


def main() -> None:
    """Print all sentences."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name in NOT_SHOWN:
            continue
        shown = list(sentences(path.read_text("utf-8")))
        if shown:
            print(f"\n{name}")
            for text in shown:
                print("  " + text.strip().replace("\n", "⏎ "))


if __name__ == "__main__":
    main()
