"""Which modules of Python's own library resemble each other? Ten seconds, with a progress bar.

Two texts are similar if they share many runs of five words (shingles). The Jaccard index measures
that: the number of shared shingles divided by the number of all shingles of both texts.
"""

import heapq
import sysconfig
from itertools import combinations
from pathlib import Path

from lake import bar

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SHINGLE_WORDS = 5
SAMPLE = 4


def shingles(path: Path) -> frozenset[int]:
    """Return hashes of a text's shingles: a sample of about one in `SAMPLE`."""
    words = path.read_text("utf-8", "replace").split()
    runs = zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False)
    return frozenset(code for code in map(hash, runs) if code % SAMPLE == 0)


texts = [path for path in sorted(LIBRARY.rglob("*.py")) if "site-packages" not in path.parts]
print(f"reading {len(texts)} modules of {LIBRARY}", flush=True)
shingles_of = {str(path.relative_to(LIBRARY)): shingles(path) for path in texts}
shingles_of = {name: hashes for name, hashes in shingles_of.items() if len(hashes) > 20}

scores = []
for left, right in bar([*combinations(shingles_of, 2)], "comparing"):
    shared = len(shingles_of[left] & shingles_of[right])
    if shared:
        in_either = len(shingles_of[left]) + len(shingles_of[right]) - shared
        scores.append((shared / in_either, left, right))

print("the most similar pairs:")
for score, left, right in heapq.nlargest(12, scores):
    print(f"{score:6.1%}  {left}  {right}")
