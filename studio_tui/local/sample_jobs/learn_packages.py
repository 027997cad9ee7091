"""Can a line of Python reveal its package? Trains a classifier for two and a half minutes.

It is a perceptron: each package has a weight for each hashed word. SECONDS in the environment says
how long it may train.
"""

import os
import random
import re
import sysconfig
import time
import zlib
from pathlib import Path

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SECONDS = float(os.environ.get("SECONDS", "150"))
PACKAGES = ("asyncio", "email", "http", "json", "logging", "multiprocessing", "unittest", "xml")
BUCKETS = 1 << 14


def features(text: str) -> list[int]:
    """Return the buckets of a line's words; they are the same in every run."""
    words = re.findall(r"\w+|[^\w\s]+", text)
    return [zlib.crc32(word.encode()) % BUCKETS for word in words]


def guess(buckets: list[int]) -> int:
    """Return the number of the most likely package."""
    scores = [sum(row[bucket] for bucket in buckets) for row in weights]
    return scores.index(max(scores))


lines = [
    (features(text), number)
    for number, package in enumerate(PACKAGES)
    for path in sorted((LIBRARY / package).rglob("*.py"))
    for text in path.read_text("utf-8", "replace").splitlines()
    if len(text.strip()) > 20
]
random.Random(7).shuffle(lines)
held_out, training = lines[:2000], lines[2000:]
print(f"{len(training):,} lines for training, {len(held_out):,} for testing", flush=True)
began = time.monotonic()
weights = [[0] * BUCKETS for _ in PACKAGES]
epoch = 0
while time.monotonic() - began < SECONDS:
    epoch += 1
    wrong = 0
    for done, (buckets, package) in enumerate(training, 1):
        guessed = guess(buckets)
        if guessed != package:
            wrong += 1
            for bucket in buckets:
                weights[package][bucket] += 1
                weights[guessed][bucket] -= 1
        if done % 20_000 == 0:
            print(f"epoch {epoch}: {done:,} lines, {wrong / done:.1%} wrong", flush=True)
            if time.monotonic() - began > SECONDS:
                break
    right = sum(guess(buckets) == package for buckets, package in held_out)
    print(f"epoch {epoch} done: accuracy {right / len(held_out):.1%}", flush=True)
