"""When to poll Studio, what is known, and how old it is."""
