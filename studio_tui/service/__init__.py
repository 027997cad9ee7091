"""The polling service: when to poll, what is known and how old it is. Independent of the UI."""
