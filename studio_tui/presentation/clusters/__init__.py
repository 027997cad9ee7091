"""Clusters as table rows and facts."""
