from studio_tui.service.listeners import Listeners


def test_a_callback_that_was_added_twice_leaves_once_however_often_it_is_taken_away() -> None:
    listeners, received = Listeners[[int]](), list[int]()
    leave = listeners.add(received.append)
    stay = listeners.add(received.append)
    listeners.notify(1)
    assert received == [1, 1]
    leave()
    leave()
    listeners.notify(2)
    assert received == [1, 1, 2]
    assert listeners
    stay()
    assert not listeners


def test_a_listener_that_leaves_during_a_notification_gets_it_and_one_that_comes_does_not() -> None:
    listeners, received = Listeners[[]](), list[str]()

    def first() -> None:
        received.append("first")
        leave_second()
        listeners.add(lambda: received.append("late"))

    listeners.add(first)
    leave_second = listeners.add(lambda: received.append("second"))
    listeners.notify()
    assert received == ["first", "second"]
    listeners.clear()
    listeners.notify()
    assert received == ["first", "second"]
