"""Pipelines: table rows, facts, the graph, its drawing and its views."""
