"""Clusters as table rows."""
