"""The process beside each job, which outlives the server. Uses only the standard library."""
