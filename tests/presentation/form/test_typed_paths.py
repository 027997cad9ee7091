import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.form.typed_paths import as_path

PATHS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc", "Cs"]),
    min_size=1,
).map(lambda name: f"/{name}.py")


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("'/a b.py'", "/a b.py"),
        ('"/a b.py"', "/a b.py"),
        (r"/a\ b.py", "/a b.py"),
        (r"/a\ \(1\).py ", "/a (1).py"),
        ("file:///a%20b.py", "/a b.py"),
        ("file://localhost/a%23b.py", "/a#b.py"),
        ("~/jobs/train.py", "~/jobs/train.py"),
        ("it's.py", "it's.py"),
        ("'", "'"),
        ("", ""),
        (r"C:\jobs", r"C:\jobs"),
    ],
)
def test_a_path_is_read_in_each_form_in_which_terminals_paste_it(typed: str, path: str) -> None:
    assert as_path(typed) == path


@given(PATHS)
def test_a_path_quoted_for_a_shell_is_read_without_the_quotes(path: str) -> None:
    quoted = shlex.quote(path)
    assert as_path(quoted if quoted.startswith("'") and quoted.endswith("'") else path) == path
