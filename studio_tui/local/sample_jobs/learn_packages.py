"""Can a line of Python reveal its package? Trains a classifier for two and a half minutes.

Logistic regression on hashed words, one score per package, by stochastic gradient descent, in plain
Python. SECONDS in the environment says how long it may train.
"""

import math
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
Line = tuple[list[int], int]
"""The features of a line, and the number of its package."""


def features(text: str) -> list[int]:
    """Return the buckets of a line's words; they are the same in every run."""
    words = re.findall(r"\w+|[^\w\s]+", text)
    return [zlib.crc32(word.encode()) % BUCKETS for word in words]


def chances(weights: list[list[float]], buckets: list[int]) -> list[float]:
    """Return the probability of each package from its scores."""
    scores = [sum(row[bucket] for bucket in buckets) for row in weights]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def accuracy(weights: list[list[float]], lines: list[Line]) -> float:
    """Return the share of lines whose package is predicted correctly."""
    right = 0
    for buckets, package in lines:
        likely = chances(weights, buckets)
        right += likely.index(max(likely)) == package
    return right / len(lines)


def read_lines() -> list[Line]:
    """Return lines of more than 20 characters with their packages, always in the same order."""
    lines = [
        (features(text), number)
        for number, package in enumerate(PACKAGES)
        for path in sorted((LIBRARY / package).rglob("*.py"))
        for text in path.read_text("utf-8", "replace").splitlines()
        if len(text.strip()) > 20
    ]
    random.Random(7).shuffle(lines)
    return lines


lines = read_lines()
held_out, training = lines[:2000], lines[2000:]
print(f"{len(training):,} lines for training, {len(held_out):,} for testing", flush=True)
began = time.monotonic()
weights = [[0.0] * BUCKETS for _ in PACKAGES]
epoch = 0
while time.monotonic() - began < SECONDS:
    epoch += 1
    loss = 0.0
    rate = 0.1 / epoch**0.5
    for done, (buckets, package) in enumerate(training, 1):
        likely = chances(weights, buckets)
        loss -= math.log(max(likely[package], 1e-12))
        for number, row in enumerate(weights):
            step = rate * ((number == package) - likely[number])
            for bucket in buckets:
                row[bucket] += step
        if done % 4000 == 0:
            print(f"epoch {epoch}: {done:,} lines, loss {loss / done:.4f}", flush=True)
            if time.monotonic() - began > SECONDS:
                break
    print(f"epoch {epoch} done: accuracy {accuracy(weights, held_out):.1%}", flush=True)
