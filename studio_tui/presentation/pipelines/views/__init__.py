"""What each view of a pipeline shows: tree, table, timeline, groups and exports."""
