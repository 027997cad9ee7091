"""Trains naive Bayes on the names in modules; picks the best of ten smoothing values."""

import math
from collections import Counter, defaultdict

from lake import Row, bar, read, write

SMOOTHINGS = (0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
FOLDS = 10


def learn(examples: list[Row], smoothing: float) -> list[Row]:
    """Return a model: the logarithms of the probability of each label and of each name in it."""
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
        label["label"]: label["chance"]
        + sum(count * label["weights"].get(name, label["unseen"]) for name, count in names.items())
        for label in model
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
