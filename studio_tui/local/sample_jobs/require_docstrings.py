"""Do the public functions of Python's own library have docstrings? Fails, as too few have one.

It succeeds if it is run again with a smaller MINIMUM in its environment, in percent.
"""

import ast
import os
import sysconfig
from pathlib import Path

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
MINIMUM = float(os.environ.get("MINIMUM", "95"))


class TooFewDocstrings(Exception):  # noqa: N818 (the name says what is wrong)
    """The share of documented functions is below the minimum."""


documented = functions = 0
for path in sorted(LIBRARY.glob("*.py")):
    public_functions = [
        node
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    with_docstring = sum(ast.get_docstring(node) is not None for node in public_functions)
    functions += len(public_functions)
    documented += with_docstring
    print(f"{path.name:24} {with_docstring:4} of {len(public_functions):4}", flush=True)

share = 100 * documented / functions
print(f"{documented:,} of {functions:,} public functions are documented: {share:.1f}%")
if share < MINIMUM:
    raise TooFewDocstrings(
        f"{share:.1f}% of the functions have a docstring; {MINIMUM:g}% is required"
    )
