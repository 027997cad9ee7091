"""The polling service: when to ask, what is known and how old it is. Knows no screen."""
