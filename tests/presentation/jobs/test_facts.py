"""What is said of one job."""

from studio_tui.presentation.jobs.facts import MASK, facts, has_logins, raw
from tests.jobs import NOON, job


def test_logins_in_addresses_are_masked_until_they_are_asked_for() -> None:
    known = job(
        repository="https://hunter2@git.example.org/u/r",
        requirements="numpy\n--index-url https://u:hunter2@example.org/simple",
    )
    assert has_logins(known)
    hidden = " ".join(fact.value.text for fact in facts(known, NOON))
    assert "hunter2" not in hidden
    assert f"https://{MASK}@git.example.org/u/r" in hidden
    assert f"numpy, --index-url https://{MASK}@example.org/simple" in hidden
    shown = " ".join(fact.value.text for fact in facts(known, NOON, shown=True))
    assert "https://hunter2@git.example.org/u/r" in shown
    assert "u:hunter2@example.org" in shown
    assert "hunter2" not in raw(known)
