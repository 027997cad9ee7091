import pytest

from studio_tui.api.label import NAME, add_label, intent_of, user_variables
from tests.jobs import job

INTENT = "4c2f9a52-4f3f-4bb8-8bd4-7a6c8a3f0a11"
OTHER = "9e107d9d-3729-4f5e-9c1b-0f6f1f2f3a22"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (None, f"{NAME}={INTENT}"),
        ("", f"{NAME}={INTENT}"),
        ("A=1\n# note\nB='x y'\n", f"{NAME}={INTENT}\nA=1\n# note\nB='x y'\n"),
        (f"A=1\n{NAME}={OTHER}\nB=2", f"{NAME}={INTENT}\nA=1\nB=2"),
        ("A='never closed", f"{NAME}={INTENT}\nA='never closed"),
    ],
)
def test_a_label_is_the_first_variable_and_replaces_an_existing_label(
    environment: str | None, expected: str
) -> None:
    assert add_label(environment, INTENT) == expected


@pytest.mark.parametrize(
    ("environment", "intent"),
    [
        ({NAME: INTENT, "A": "1"}, INTENT),
        ({"A": "1"}, ""),
        (None, None),
        ({NAME: "********"}, None),
    ],
)
def test_the_intent_of_a_job_is_unknown_if_studio_omits_its_variables_or_masks_the_label(
    environment: dict[str, str] | None, intent: str | None
) -> None:
    received_job = job(1, environment=environment)
    assert intent_of(received_job) == intent
    assert NAME not in user_variables(received_job)
