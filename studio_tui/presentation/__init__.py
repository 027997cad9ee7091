"""Models to cells: pure functions over what is known and the time. No input or output."""
