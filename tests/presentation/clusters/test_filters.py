"""Filters and orders of the list of clusters."""

from typing import Any

import pytest

from studio_tui import clock
from studio_tui.api.models import Cluster
from studio_tui.presentation.clusters.rows import CLUSTERS
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing


def cluster(name: str | None, **fields: Any) -> Cluster:
    return Cluster.model_validate({"id": f"id-{name}", "name": name, **fields})


ROWS = [
    cluster("big", status="ACTIVE", busy_workers=3, max_workers=8, cloud_provider="AWS"),
    cluster("Apart", status="INACTIVE", busy_workers=0, max_workers=9, cloud_region="eu-west-1"),
    cluster("broken", status="FAILED"),
    cluster("strange", status="MELTING"),
    cluster("old", is_active=True, busy_workers=5),
]


def names(terms: str, sort: str = "age", *, reverse: bool = False) -> list[str]:
    listing: Listing[Cluster] = Listing(CLUSTERS)
    listing.replace(ROWS)
    ids = listing.ids(Terms(terms, CLUSTERS), sort, clock.now(), reverse=reverse)
    return [each.removeprefix("id-") for each in ids]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("", ["big", "Apart", "broken", "strange", "old"]),
        ("status=active", ["big", "old"]),
        ("status=problem", ["broken", "strange"]),
        ("provider=aws", ["big"]),
        ("region=eu !name=x", ["Apart"]),
        ("apart", ["Apart"]),
        ("melting", ["strange"]),
        ("name~^(big|old)$", ["big", "old"]),
    ],
)
def test_a_filter_passes_the_matching_clusters(terms: str, expected: list[str]) -> None:
    assert names(terms) == expected


def test_clusters_cannot_be_filtered_by_age() -> None:
    problem, _, advice = Terms("age<1h", CLUSTERS).problem.partition("; ")
    assert problem == "“age” is not a field"
    assert "age" not in advice


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("name", "Apart"), ("status", "broken"), ("busy", "old"), ("workers", "Apart")],
)
def test_each_sort_order_begins_with_the_expected_cluster(sort: str, expected: str) -> None:
    assert names("", sort)[0] == expected
    assert names("", sort, reverse=True)[-1] == expected
