"""Lists the modules of Python's standard library: in the first run only some, later all."""

import sysconfig
from pathlib import Path

from lake import Row, exists, write

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
FIRST = 80
"""Minimum number of modules in the first run; the pipeline runs on all modules."""
SKIPPED_FOLDERS = {"site-packages", "dist-packages", "test"}

rows: list[Row] = [
    {"path": path.relative_to(LIBRARY).as_posix(), "size": path.stat().st_size}
    for path in sorted(LIBRARY.rglob("*.py"))
    if not SKIPPED_FOLDERS.intersection(path.relative_to(LIBRARY).parts)
]
print(f"{len(rows):,} modules in {LIBRARY}", flush=True)
if not exists("modules"):
    ordinary = [row for row in rows if 4_000 <= row["size"] <= 12_000]
    rows = ordinary[:: max(1, len(ordinary) // FIRST)]
    print(f"the first time: {len(rows)} of them, between 4 and 12 kB", flush=True)
write("modules", rows)
