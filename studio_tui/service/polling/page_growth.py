"""How many rows of a list to request when the user asks for more."""


def with_more_pages(count: int, page: int) -> int:
    """Return twice `count`, but at least one page of `page` rows more, and at most five."""
    return max(count + page, min(count * 2, count + 5 * page))
