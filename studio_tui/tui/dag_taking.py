"""What is taken away from a pipeline: ids, names, the whole of it as text."""

from studio_tui.tui.dag_host import DagHost


class DagTaking(DagHost):
    """Mixin of the screen of a pipeline from which things are taken away."""
