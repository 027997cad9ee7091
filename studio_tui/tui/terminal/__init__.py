"""The terminal: clipboard, editor, pager, input and the queue of keys."""
