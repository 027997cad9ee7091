"""Combines the report and the misclassified modules into one dataset."""

from lake import read, write

report, riddles = read("report"), read("riddles")
print(f"{len(report)} labels, {len(riddles)} riddles; the hardest modules to place:")
for row in riddles[:10]:
    print(f"  {row['path']} looks like {row['bayes']} or {row['centroid']}")
write("published", [{"labels": report, "riddles": riddles}])
