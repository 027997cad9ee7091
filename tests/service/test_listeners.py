from studio_tui.service.listeners import Listeners


def test_removing_a_callback_that_was_added_twice_removes_it_once() -> None:
    listeners, received = Listeners[[int]](), list[int]()
    remove_first = listeners.add(received.append)
    remove_second = listeners.add(received.append)
    listeners.notify(1)
    assert received == [1, 1]
    remove_first()
    remove_first()
    listeners.notify(2)
    assert received == [1, 1, 2]
    assert listeners
    remove_second()
    assert not listeners


def test_a_listener_removed_during_a_notification_is_called_and_an_added_one_is_not() -> None:
    listeners, received = Listeners[[]](), list[str]()

    def first() -> None:
        received.append("first")
        remove_second()
        listeners.add(lambda: received.append("late"))

    listeners.add(first)
    remove_second = listeners.add(lambda: received.append("second"))
    listeners.notify()
    assert received == ["first", "second"]
    listeners.clear()
    listeners.notify()
    assert received == ["first", "second"]
