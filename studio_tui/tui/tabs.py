"""The class of each tab's page, whose module is imported on demand."""

from pkgutil import resolve_name

from studio_tui.tui.frame.page import Page

_PAGES = {
    "jobs": "jobs.list_screen:JobsScreen",
    "pipelines": "pipelines.list_screen:PipelinesScreen",
    "clusters": "clusters.list_screen:ClustersScreen",
    "schedules": "schedules.list_screen:SchedulesScreen",
    "logs": "logs.merged_screen:MergedScreen",
    "activity": "activity.list_screen:ActivityScreen",
}


def page_of(tab: str) -> type[Page]:
    page: type[Page] = resolve_name(f"studio_tui.tui.{_PAGES[tab]}")
    return page


def pages_of_all() -> tuple[type[Page], ...]:
    return tuple(map(page_of, _PAGES))
