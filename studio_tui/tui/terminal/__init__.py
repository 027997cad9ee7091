"""The terminal: clipboard, editor, pager, input decoding and the key queue."""
