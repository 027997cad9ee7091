"""Trains a centroid for each label; picks the best of eight sizes, in names per label.

A centroid is the mean of the weighted names in the label's modules; rare names weigh more.
"""

import math
from collections import Counter, defaultdict

from lake import Row, bar, read, write

SIZES = (100, 200, 300, 500, 700, 1_000, 1_500, 2_000)
FOLDS = 10


def learn(examples: list[Row], size: int) -> list[Row]:
    """Return a model: for each label, the weights of its `size` heaviest names."""
    module_counts = Counter(name for row in examples for name in row["names"])
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in examples:
        weights = {
            name: (1 + math.log(count)) * math.log(len(examples) / module_counts[name])
            for name, count in row["names"].items()
        }
        length = math.hypot(*weights.values()) or 1.0
        sums[row["label"]].update({name: weight / length for name, weight in weights.items()})
    model = []
    for label, name_weights in sums.items():
        heaviest = dict(name_weights.most_common(size))
        length = math.hypot(*heaviest.values()) or 1.0
        model.append({"label": label, "length": length, "weights": heaviest})
    return model


def guess(model: list[Row], names: dict[str, int]) -> str:
    """Return the label with the nearest centroid, by angle."""
    scores = {
        row["label"]: sum(count * row["weights"].get(name, 0.0) for name, count in names.items())
        / row["length"]
        for row in model
    }
    return max(scores, key=scores.__getitem__)


examples = read("training")
right: Counter[int] = Counter()
for size, fold in bar([(size, fold) for size in SIZES for fold in range(FOLDS)], "sizing"):
    model = learn([row for index, row in enumerate(examples) if index % FOLDS != fold], size)
    right[size] += sum(guess(model, row["names"]) == row["label"] for row in examples[fold::FOLDS])
for size in SIZES:
    print(f"{size} names: {right[size]} of {len(examples)} right", flush=True)
write("centroid_model", learn(examples, max(SIZES, key=right.__getitem__)))
