"""Contents of the views of a pipeline: tree, table, timeline, groups and exports."""
