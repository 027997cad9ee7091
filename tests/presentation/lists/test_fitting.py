from studio_tui.presentation.lists.fitting import fit_lines


def test_lines_beyond_the_limit_are_counted() -> None:
    lines = [f"  job {number}" for number in range(30)]
    assert fit_lines(lines, 17)[-2:] == ("  job 15", "  and 14 more")
    assert fit_lines(lines, 30) == tuple(lines)
