"""Counts the names in each module, as Python's own tokenizer finds them."""

import io
import keyword
import tokenize
from collections import Counter

from lake import bar, read, write

rows = []
for row in bar(read("unique_texts"), "counting"):
    names: Counter[str] = Counter()
    try:
        for token in tokenize.generate_tokens(io.StringIO(row["text"]).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                names[token.string] += 1
    except (tokenize.TokenError, SyntaxError) as error:
        print(f"\n{row['path']}: {error}", flush=True)
    rows.append({"path": row["path"], "names": dict(names.most_common(300))})
write("token_counts", rows)
