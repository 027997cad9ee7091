"""Trains naive Bayes to guess the package of a Python module from the names in its source.

The best of ten smoothing values is used.
"""

import math
from collections import Counter, defaultdict

from lake import Row, bar, read, write

SMOOTHINGS = (0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
FOLDS = 10


def learn(examples: list[Row], smoothing: float) -> list[Row]:
    """Return a model: for each label, the logarithms of its probability and of each name's.

    The probability of a name is its smoothed share of the names in modules with that label.
    """
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in examples:
        names[row["label"]].update(row["names"])
    vocabulary = {name for counts in names.values() for name in counts}
    labels = Counter(row["label"] for row in examples)
    model = []
    for label, counts in names.items():
        total = counts.total() + smoothing * len(vocabulary)
        weights = {name: math.log((count + smoothing) / total) for name, count in counts.items()}
        model.append(
            {
                "label": label,
                "chance": math.log(labels[label] / len(examples)),
                "unseen": math.log(smoothing / total),
                "weights": weights,
            }
        )
    return model


def guess(model: list[Row], names: dict[str, int]) -> str:
    """Return the most likely label."""
    scores = {
        row["label"]: row["chance"]
        + sum(count * row["weights"].get(name, row["unseen"]) for name, count in names.items())
        for row in model
    }
    return max(scores, key=scores.__getitem__)


examples = read("training")
right: Counter[float] = Counter()
trials = [(smoothing, fold) for smoothing in SMOOTHINGS for fold in range(FOLDS)]
for smoothing, fold in bar(trials, "smoothing"):
    model = learn([row for index, row in enumerate(examples) if index % FOLDS != fold], smoothing)
    right[smoothing] += sum(
        guess(model, row["names"]) == row["label"] for row in examples[fold::FOLDS]
    )
for smoothing in SMOOTHINGS:
    print(f"smoothed by {smoothing}: {right[smoothing]} of {len(examples)} right", flush=True)
write("bayes_model", learn(examples, max(SMOOTHINGS, key=right.__getitem__)))
