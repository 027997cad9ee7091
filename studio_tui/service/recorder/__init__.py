"""Records what was seen and done, in one SQLite file per profile, and reads it back."""
