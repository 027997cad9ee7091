"""What was sent to Studio, as rows and as commands to be copied."""
