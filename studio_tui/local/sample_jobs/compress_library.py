"""How well does Python's own library compress? Takes all workers, so it waits for free ones.

WORKERS in the environment is the number of processes; keep it equal to the workers of the job.
"""

import lzma
import os
import sysconfig
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
WORKERS = int(os.environ.get("WORKERS", "1"))


def compress(path: Path) -> tuple[int, int]:
    """Return the numbers of bytes of a file before and after compression."""
    text = path.read_bytes()
    return len(text), len(lzma.compress(text, preset=4))


def main() -> None:
    """Compress all modules, with all workers at once."""
    began = time.monotonic()
    files = [path for path in sorted(LIBRARY.rglob("*.py")) if "site-packages" not in path.parts]
    before = after = 0
    with ProcessPoolExecutor(WORKERS) as pool:
        for done, (size, compressed) in enumerate(pool.map(compress, files, chunksize=8), 1):
            before += size
            after += compressed
            if done % 200 == 0 or done == len(files):
                share = after / max(before, 1)
                print(f"{done} of {len(files)} files: {before:,} bytes to {share:.1%}", flush=True)
    print(f"{WORKERS} workers took {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
