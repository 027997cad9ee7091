"""What jobs import by its bare name: their interpreter has this folder on its path."""
