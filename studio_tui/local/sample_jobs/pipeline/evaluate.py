"""Evaluates both classifiers on the test examples, with confidence intervals (bootstrap)."""

import random

from lake import Row, bar, read, write

SAMPLES = 60_000
bayes = read("bayes_model")
centroids = read("centroid_model")


def by_bayes(names: dict[str, int]) -> str:
    """Return the most likely label."""

    def score(model: Row) -> float:
        weights, unseen = model["weights"], model["unseen"]
        total: float = sum(count * weights.get(name, unseen) for name, count in names.items())
        return total + float(model["chance"])

    return str(max(bayes, key=score)["label"])


def by_centroid(names: dict[str, int]) -> str:
    """Return the label with the nearest centroid, by angle."""

    def score(model: Row) -> float:
        weights = model["weights"]
        total: float = sum(count * weights.get(name, 0.0) for name, count in names.items())
        return total / float(model["length"])

    return str(max(centroids, key=score)["label"])


rows = [
    {
        "path": row["path"],
        "label": row["label"],
        "bayes": by_bayes(row["names"]),
        "centroid": by_centroid(row["names"]),
    }
    for row in bar(read("held_out"), "trying")
]
chance = random.Random(7)
for model in ("bayes", "centroid"):
    hits = [row[model] == row["label"] for row in rows]
    shares = sorted(
        sum(chance.choices(hits, k=len(hits))) / len(hits) for _ in bar(range(SAMPLES), model)
    )
    low, high = shares[SAMPLES // 40], shares[-SAMPLES // 40]
    print(f"{model}: {sum(hits)} of {len(hits)} right, likely {low:.0%} to {high:.0%}", flush=True)
write("guesses", rows)
