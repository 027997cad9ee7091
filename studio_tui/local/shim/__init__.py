"""What stands beside each job and outlives the server. Standard library alone."""
