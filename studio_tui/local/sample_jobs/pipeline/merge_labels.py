"""Makes the examples for training and testing: each module with its label."""

from lake import read, write

labels = {row["package"]: row["label"] for row in read("labels")}
examples = [
    {**row, "label": labels.get(row["path"].partition("/")[0], "other")} for row in read("features")
]
for label in sorted({row["label"] for row in examples}):
    print(f"{sum(row['label'] == label for row in examples):5}  {label}")
write("examples", examples)
