"""Removes modules with the same text as an earlier module."""

import hashlib

from lake import bar, read, write

seen: set[str] = set()
unique = []
for row in bar(read("texts"), "hashing"):
    digest = hashlib.sha256(row["text"].encode()).hexdigest()
    if digest in seen:
        print(f"\ntwice: {row['path']}", flush=True)
    else:
        seen.add(digest)
        unique.append(row)
write("unique_texts", unique)
