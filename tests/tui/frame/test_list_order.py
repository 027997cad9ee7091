from typing import Any

import pytest

from studio_tui.tui.activity.list_screen import ActivityScreen
from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.schedules.list_screen import SchedulesScreen


@pytest.mark.parametrize(
    "page", [JobsScreen, PipelinesScreen, SchedulesScreen, ClustersScreen, ActivityScreen]
)
def test_every_list_can_be_sorted_by_each_of_its_columns(page: type[ListPage[Any]]) -> None:
    unsortable = {each.key for each in page.columns if page.kind.order_of(each.key) is None}
    # Only the screen has the estimates of pipelines; a sort order has the pipelines alone.
    assert unsortable <= {"eta"}
