"""`python -m studio_tui.local`: the server alone, without the dashboard."""

from studio_tui.local.server.cli import local

local(prog_name="studio-tui local")
