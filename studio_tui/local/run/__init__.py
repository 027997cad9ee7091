"""How jobs run: environment, processes and what they leave."""
