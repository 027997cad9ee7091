"""Reports how well each classifier does on each label."""

from lake import read, write

guesses = read("guesses")
rows = []
for label in sorted({row["label"] for row in guesses}):
    modules = [row for row in guesses if row["label"] == label]
    bayes, centroid = (
        sum(row[model] == label for row in modules) / len(modules)
        for model in ("bayes", "centroid")
    )
    print(f"{label:20} {len(modules):4}  bayes {bayes:4.0%}  centroid {centroid:4.0%}")
    rows.append({"label": label, "modules": len(modules), "bayes": bayes, "centroid": centroid})
write("report", rows)
