"""Splits the examples: about one in five is for testing, the others are for training."""

import zlib

from lake import read, write

examples = read("examples")
is_kept_back = {row["path"]: zlib.crc32(row["path"].encode()) % 5 == 0 for row in examples}
write("training", [row for row in examples if not is_kept_back[row["path"]]])
write("held_out", [row for row in examples if is_kept_back[row["path"]]])
