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


def page_class_of(tab: str) -> type[Page]:
    page_class: type[Page] = resolve_name(f"studio_tui.tui.{_PAGES[tab]}")
    return page_class


def all_page_classes() -> tuple[type[Page], ...]:
    return tuple(map(page_class_of, _PAGES))
