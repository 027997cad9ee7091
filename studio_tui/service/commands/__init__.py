"""Commands that change something in Studio, and the journal that prevents lost or doubled ones."""
