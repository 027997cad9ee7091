"""The flight recorder: what was seen and done, in one SQLite file per profile."""
