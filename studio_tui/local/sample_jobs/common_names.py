"""Which names does Python's standard library use most? A few seconds of tokenizing."""

import io
import keyword
import sysconfig
import tokenize
from collections import Counter
from pathlib import Path

LIBRARY = Path(sysconfig.get_paths()["stdlib"])

names: Counter[str] = Counter()
modules = sorted(LIBRARY.glob("*.py"))
for module in modules:
    source = module.read_text("utf-8", "replace")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            names[token.string] += 1

print(f"{names.total():,} names in {len(modules)} modules of {LIBRARY}")
for name, count in names.most_common(20):
    print(f"{count:8,}  {name}")
