"""Assigns each package the label of its modules: its name if it is large, else "other"."""

from lake import read, write

LARGE = 8
"""Minimum number of modules of a package with its own label."""

write(
    "labels",
    [
        {
            "package": row["package"],
            "label": row["package"] if row["modules"] >= LARGE else "other",
        }
        for row in read("packages")
    ],
)
