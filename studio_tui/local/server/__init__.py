"""The server as a process: its command line, its endpoint, and its start and stop."""
