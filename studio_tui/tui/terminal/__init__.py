"""The terminal: input, output, key queue, clipboard, editor, pager, and how the app ends."""
