"""The terminal: input, output, key queue, clipboard, editor, pager, and ends of the app."""
