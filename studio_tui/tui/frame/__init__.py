"""What all screens share: the bases of pages, list pages and dialogs, the help, and commands."""
