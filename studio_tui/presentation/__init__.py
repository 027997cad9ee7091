"""Pure functions that turn models into table cells and text. They do no I/O."""
