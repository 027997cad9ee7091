"""Reads the text of each module."""

import sysconfig
from pathlib import Path

from lake import bar, read, write

LIBRARY = Path(sysconfig.get_paths()["stdlib"])

write(
    "texts",
    [
        {"path": row["path"], "text": (LIBRARY / row["path"]).read_text("utf-8", "replace")}
        for row in bar(read("modules"), "reading")
    ],
)
