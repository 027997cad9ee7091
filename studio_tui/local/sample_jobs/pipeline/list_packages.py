"""Lists the packages of Python's standard library, with the number of their modules."""

import sysconfig
from pathlib import Path

from lake import write

LIBRARY = Path(sysconfig.get_paths()["stdlib"])

write(
    "packages",
    [
        {"package": folder.name, "modules": sum(1 for _ in folder.rglob("*.py"))}
        for folder in sorted(LIBRARY.iterdir())
        if (folder / "__init__.py").exists()
    ],
)
