"""The base of every screen: pages, list pages, dialogs, help and commands."""
