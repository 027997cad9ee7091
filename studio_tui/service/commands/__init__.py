"""Commands that change something in Studio, and the journal of the jobs that were requested."""
