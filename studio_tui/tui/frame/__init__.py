"""What every screen has: pages, list pages, dialogs, help and commands."""
