"""How branchy are the functions of Python's standard library? One JSON line per module."""

import ast
import json
import sysconfig
import time
from pathlib import Path

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.BoolOp, ast.IfExp, ast.comprehension)
TOO_BRANCHY = 40

began = time.monotonic()
for path in sorted(LIBRARY.rglob("*.py")):
    name = str(path.relative_to(LIBRARY))
    if "site-packages" in path.parts:
        continue
    line: dict[str, object] = {"level": "info", "module": name}
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError) as error:
        # Some files of the library's tests are invalid on purpose.
        line |= {"level": "warning", "message": f"cannot be parsed: {error}"}
    else:
        functions = [
            (sum(isinstance(part, BRANCHES) for part in ast.walk(node)), node.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        branches, worst = max(functions, default=(0, ""))
        line |= {"functions": len(functions), "most_branches": branches}
        if branches > TOO_BRANCHY:
            line |= {"level": "warning", "message": f"{worst} has {branches} branches"}
    line["elapsed_seconds"] = round(time.monotonic() - began, 3)
    print(json.dumps(line), flush=True)
