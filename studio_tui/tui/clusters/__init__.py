"""The clusters: their list, and the choice of one for new jobs."""
