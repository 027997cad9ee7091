"""Clusters as rows."""
