"""Joins the features of each module: its names, and the number of similar modules."""

from collections import Counter

from lake import bar, read, write

BAND = 8
"""How many numbers in a row two signatures must share, so that their modules count as similar."""

counts = {row["path"]: row["names"] for row in read("token_counts")}
signatures = {row["path"]: row["signature"] for row in read("signatures")}
bands = {
    path: [(start, *signature[start : start + BAND]) for start in range(0, len(signature), BAND)]
    for path, signature in signatures.items()
}
shared = Counter(band for module_bands in bands.values() for band in module_bands)
write(
    "features",
    [
        {
            "path": path,
            "names": names,
            "kin": max((shared[band] - 1 for band in bands[path]), default=0),
        }
        for path, names in bar(list(counts.items()), "joining")
    ],
)
