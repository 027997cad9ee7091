from studio_tui.local.shim.message_limit import MESSAGE_LIMIT, cut_message


def test_a_long_message_is_cut_to_the_limit_between_two_words() -> None:
    assert len(cut_message("x" * 10_000)) == MESSAGE_LIMIT
    words = "x" * (MESSAGE_LIMIT - 20)
    assert cut_message(f"{words} https://u:hunter2@example.org") == f"{words} …"
