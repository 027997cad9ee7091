"""What changes something in Studio, and the journal that lets no command be lost or done twice."""
