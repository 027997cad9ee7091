"""Features shared by all lists: columns, sort order, and filter terms."""
