"""Makes a signature of each module from its shingles, the runs of five words in it (MinHash).

The share of equal numbers in the signatures of two texts estimates how alike the texts are.
"""

import zlib

from lake import bar, read, write

WORDS = 5
SEEDS = range(1, 97)


def signature(text: str) -> list[int]:
    """Return, for each seed, the smallest hash of all shingles."""
    words = text.split()
    runs = [
        " ".join(words[start : start + WORDS]).encode() for start in range(len(words) - WORDS + 1)
    ]
    return [min(zlib.crc32(run, seed) for run in runs) for seed in SEEDS]


# Texts without a shingle come last.
texts = sorted(read("unique_texts"), key=lambda row: len(row["text"].split()) < WORDS)
rows = []
for row in bar(texts, "shingling"):
    numbers = signature(row["text"])
    rows.append({"path": row["path"], "signature": numbers})
write("signatures", rows)
