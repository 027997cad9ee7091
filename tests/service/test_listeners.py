from studio_tui.service.listeners import Listeners


def test_a_callback_that_was_added_twice_leaves_once_however_often_it_is_taken_away() -> None:
    listeners, heard = Listeners[[int]](), list[int]()
    leave = listeners.add(heard.append)
    stay = listeners.add(heard.append)
    listeners.notify(1)
    assert heard == [1, 1]
    leave()
    leave()
    listeners.notify(2)
    assert heard == [1, 1, 2]
    assert listeners
    stay()
    assert not listeners


def test_a_listener_that_leaves_during_a_notification_gets_it_and_one_that_comes_does_not() -> None:
    listeners, heard = Listeners[[]](), list[str]()

    def first() -> None:
        heard.append("first")
        leave_second()
        listeners.add(lambda: heard.append("late"))

    listeners.add(first)
    leave_second = listeners.add(lambda: heard.append("second"))
    listeners.notify()
    assert heard == ["first", "second"]
    listeners.clear()
    listeners.notify()
    assert heard == ["first", "second"]
