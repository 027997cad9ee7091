"""How jobs run: environment, processes and results."""
