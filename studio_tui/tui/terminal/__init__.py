"""The terminal: its input, its properties, the key queue, the clipboard, editor and pager."""
