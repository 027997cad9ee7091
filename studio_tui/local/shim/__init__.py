"""The process beside each job, which outlives the server and does not use third-party packages."""
