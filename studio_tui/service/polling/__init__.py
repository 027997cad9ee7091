"""When to ask Studio, what is known, and how old it is."""
