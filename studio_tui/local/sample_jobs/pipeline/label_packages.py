"""Gives each package the label that its modules are to be told by: large ones their own name."""

from lake import read, write

LARGE = 8
"""Modules from which on a package has a label of its own."""

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
