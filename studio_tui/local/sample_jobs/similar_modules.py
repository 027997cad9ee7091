"""Which modules of Python's own library resemble each other? Ten seconds, with a progress bar.

Two texts are similar if they share many runs of five words (shingles), as measured by the Jaccard
index: the number of shared shingles divided by that of all shingles of both.
"""

import heapq
import sysconfig
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SHINGLE_WORDS = 5
SAMPLE = 4


def shingles(path: Path) -> frozenset[int]:
    """Return the hashes of a text's shingles: a reproducible sample of one in `SAMPLE`."""
    words = path.read_text("utf-8", "replace").split()
    runs = zip(*(words[at:] for at in range(SHINGLE_WORDS)), strict=False)
    return frozenset(code for code in map(hash, runs) if code % SAMPLE == 0)


def with_bar(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the pairs, drawing a progress bar on one line."""
    began = last = time.monotonic()
    for done, pair in enumerate(pairs, 1):
        yield pair
        now = time.monotonic()
        if now - last > 0.2 or done == len(pairs):
            last = now
            share = done / len(pairs)
            bar = ("#" * round(30 * share)).ljust(30)
            rate = done / (now - began)
            left = (len(pairs) - done) / rate
            line = (
                f"{share:4.0%}|{bar}| {done}/{len(pairs)} [{rate:,.0f} pairs/s, {left:.0f} s left]"
            )
            print(f"\rcomparing: {line}", end="", flush=True)
    print()


texts = [path for path in sorted(LIBRARY.rglob("*.py")) if "site-packages" not in path.parts]
print(f"reading {len(texts)} modules of {LIBRARY}", flush=True)
known = {str(path.relative_to(LIBRARY)): shingles(path) for path in texts}
known = {name: found for name, found in known.items() if len(found) > 20}

scores = []
for left, right in with_bar([*combinations(known, 2)]):
    shared = len(known[left] & known[right])
    if shared:
        both = len(known[left]) + len(known[right]) - shared
        scores.append((shared / both, left, right))

print("the most similar pairs:")
for score, left, right in heapq.nlargest(12, scores):
    print(f"{score:6.1%}  {left}  {right}")
